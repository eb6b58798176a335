/**
 * Global ids: opaque text that is a pure function of a type and its natural key, the same in every snapshot,
 * replica and engine. Knows what an id may look like, not whether there is anything behind it.
 */

import { badUserInput } from '../core/errors.ts';
import { findThumbprint } from '../core/identifiers.ts';
import { decodeOpaque, encodeOpaque } from './base64url-json.ts';
import type { NodeKind } from './handles.ts';

/** A type and the natural key of one of its things. */
export interface NodeReference {
  readonly kind: NodeKind;
  /**
   * Certificate: thumbprint. Device: device id. Installation: device id, thumbprint, path. RbacGroup: group id.
   * Snapshot: the manifest's id. RefreshRun: run id. RefreshStatus: nothing, there is one.
   */
  readonly key: readonly string[];
}

const TAG_OF: Readonly<Record<NodeKind, string>> = {
  Certificate: 'C',
  Device: 'D',
  Installation: 'I',
  RbacGroup: 'G',
  Snapshot: 'S',
  RefreshStatus: 'R',
  RefreshRun: 'U',
};

const KEY_LENGTH: Readonly<Record<NodeKind, number>> = {
  Certificate: 1,
  Device: 1,
  Installation: 3,
  RbacGroup: 1,
  Snapshot: 1,
  RefreshStatus: 0,
  RefreshRun: 1,
};

const KIND_OF: ReadonlyMap<unknown, NodeKind> = new Map(
  Object.entries(TAG_OF).map(([kind, tag]) => [tag, kind as NodeKind]),
);

/** The global id of the thing of this type with this natural key. */
export function encodeNodeId(kind: NodeKind, ...key: readonly string[]): string {
  return encodeOpaque([TAG_OF[kind], ...key]);
}

/**
 * What an id stands for.
 *
 * @param argument where the caller wrote it: `id`, `ids.3`
 * @throws BAD_USER_INPUT when no id of ours looks like this
 */
export function decodeNodeId(id: string, argument: string): NodeReference {
  const [tag, ...key] = decodeOpaque(id)?.atoms ?? [];
  const kind = KIND_OF.get(tag);
  if (kind === undefined || !isKeyOf(kind, key)) {
    throw badUserInput(argument, 'be an id that this API has issued', id);
  }
  return { kind, key };
}

function isKeyOf(kind: NodeKind, key: readonly unknown[]): key is readonly string[] {
  if (key.length !== KEY_LENGTH[kind] || !key.every((part) => typeof part === 'string')) return false;
  if (kind === 'Certificate') return findThumbprint(key[0]!) === key[0];
  return kind !== 'Installation' || findThumbprint(key[1]!) === key[1];
}
