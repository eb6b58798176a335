/** Which operations callers may run: any, or those of a manifest alone. */

import type { SettingReader } from './reader.ts';

/**
 * `open`: any operation; `log`: any, and those that `enforce` would refuse are logged; `enforce`: those of the manifest,
 * by their hash.
 */
export type OperationMode = 'open' | 'log' | 'enforce';

export interface OperationSettings {
  readonly mode: OperationMode;
  /** The file of trusted documents, a JSON object from hash to document; `undefined`: none, in `open` alone. */
  readonly manifestPath: string | undefined;
}

/** Faults: `log` and `enforce` without a manifest to compare with. */
export function parseOperations(reader: SettingReader): OperationSettings {
  const { operations, operationsManifest } = reader.settings;
  const mode = reader.word('operations', ['open', 'log', 'enforce']);
  const manifestPath = operationsManifest.text;
  if (mode !== 'open' && manifestPath === undefined) {
    reader.faults.contradict(
      [operations, operationsManifest],
      'set together: the manifest says which documents are trusted',
    );
  }
  return { mode, manifestPath };
}

/**
 * Whether `/` serves the playground. The page sends documents as text, which `enforce` refuses: there it is off unless it is
 * asked for, which is a fault.
 */
export function parsePlayground(reader: SettingReader, mode: OperationMode): boolean {
  const { playground, operations } = reader.settings;
  const isOn = reader.word('playground', ['on', 'off']) === 'on';
  if (mode !== 'enforce') return isOn;
  if (isOn && playground.text !== undefined) {
    reader.faults.contradict(
      [playground, operations],
      'possible together: the playground sends documents as text, and with OPERATIONS=enforce every text is refused',
    );
  }
  return false;
}
