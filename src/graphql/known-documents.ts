/**
 * Documents that have been answered without an error: parsed and valid, found again by their text, or by the hash that a
 * client has registered them under. Bounded; the one that was asked for longest ago goes first.
 */

import type { DocumentNode } from 'graphql';

export interface KnownDocument {
  readonly document: DocumentNode;
  /** SHA-256 of its text, lower-case hex. */
  readonly hash: string;
}

export interface KnownDocuments {
  /** @param isRegistered whether a client has asked for it by its hash, or may from now on */
  learn(text: string, known: KnownDocument, isRegistered: boolean): void;
  findByText(text: string): KnownDocument | undefined;
  /** One that was learnt by its text alone is not found by its hash: nobody has registered it. */
  findByHash(hash: string): KnownDocument | undefined;
}

/** Longer texts are nobody's daily question. In characters. */
export const MAXIMUM_TEXT_LENGTH = 8_192;
/**
 * Of all texts together: two hundred documents of clients. Parsed and planned they take 120 bytes a character, those that
 * fields are spread in again and again 700, so that it is 46 MB at the very most.
 */
export const MAXIMUM_TOTAL_LENGTH = 65_536;

export function createKnownDocuments(): KnownDocuments {
  /** The one asked for longest ago comes first. */
  const byText = new Map<string, KnownDocument>();
  const textsByHash = new Map<string, string>();
  let totalLength = 0;

  function findByText(text: string): KnownDocument | undefined {
    const known = byText.get(text);
    if (known === undefined) return undefined;
    byText.delete(text);
    byText.set(text, known);
    return known;
  }

  function forgetOldest(): void {
    const [[text, { hash }]] = byText as Iterable<[string, KnownDocument]> as [[string, KnownDocument]];
    byText.delete(text);
    textsByHash.delete(hash);
    totalLength -= text.length;
  }

  return {
    learn: (text, known, isRegistered) => {
      if (text.length > MAXIMUM_TEXT_LENGTH) return;
      if (!byText.has(text)) {
        byText.set(text, known);
        totalLength += text.length;
      }
      if (isRegistered) textsByHash.set(known.hash, text);
      while (totalLength > MAXIMUM_TOTAL_LENGTH) forgetOldest();
    },
    findByText,
    findByHash: (hash) => {
      const text = textsByHash.get(hash);
      return text === undefined ? undefined : findByText(text);
    },
  };
}
