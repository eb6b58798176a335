/**
 * Whether the bytes of a blob are all of it and those that were stored, as far as the store says: by their number and by their
 * MD5. MD5 costs some 2 ns a byte, in the thread that reads the file.
 */

import { createHash, type Hash } from 'node:crypto';

export interface ContentCheck {
  /** Takes the next bytes. */
  update(chunk: Buffer): void;
  /** Once all have come: what is wrong with them, as the end of a sentence about the file; `undefined` when nothing is. */
  findFault(): string | undefined;
}

export interface StoredContent {
  readonly sizeBytes: number | null;
  /** Base64. */
  readonly md5: string | undefined;
}

/**
 * @param stored what is known when the first byte comes
 * @param createMd5 throws where MD5 is switched off (FIPS): then the number of bytes is checked alone
 */
export function createContentCheck(
  { sizeBytes, md5 }: StoredContent,
  createMd5: () => Hash = () => createHash('md5'),
): ContentCheck {
  const hash = md5 === undefined ? undefined : tryCreate(createMd5);
  let received = 0;
  return {
    update: (chunk) => {
      received += chunk.length;
      hash?.update(chunk);
    },
    findFault: () => {
      if (sizeBytes !== null && received !== sizeBytes)
        return `is not whole: ${received} bytes came, and it has ${sizeBytes}`;
      if (hash !== undefined && hash.digest('base64') !== md5)
        return 'came with other bytes than were stored: its MD5 differs';
      return undefined;
    },
  };
}

function tryCreate(createMd5: () => Hash): Hash | undefined {
  try {
    return createMd5();
  } catch {
    return undefined;
  }
}
