/**
 * The shape of a record: its keys in their order, with every byte between its values.
 *
 *     {"DeviceId":▒,"DeviceName":▒,"Path":▒,"Thumbprint":▒,"KeySize":▒,"SerialNumber":▒,"RbacGroupId":▒}
 *      └ literal ┘ └ device run ─┘ └ lit. ┘ └─ literal ──┘ └───── certificate run ─────┘└ device run ─┘└ tail
 *
 * The records of a file have one shape, or a few. What belongs to the device, or to the certificate, and stands
 * together is a run: where its bytes are those of a record seen before, keys, values and all, the part is that
 * record's part.
 */

import { COMMA, NEWLINE } from './json-bytes.ts';
import { MAXIMUM_RUNS } from './part-cache.ts';
import {
  findPlainStringEnd,
  findValueEnd,
  skipBlanks,
  toViewedBytes,
  type ViewedBytes,
} from './wire-bytes.ts';
import {
  COLUMN,
  COLUMN_COUNT,
  COLUMN_NAME_LENGTH,
  FIRST_CERTIFICATE_COLUMN,
  toColumn,
  UNKNOWN_COLUMN,
} from './wire-columns.ts';

/** What comes next in a record of a shape: a value of some kind, bytes that are always the same, or a run. */
export const STEP = {
  literal: 0,
  deviceId: 1,
  thumbprint: 2,
  path: 3,
  other: 4,
  deviceRun: 5,
  certificateRun: 6,
} as const;

/** The steps of a shape, one after the other, as columns: they are taken once a record. */
export interface ShapeSteps {
  /** Of {@link STEP}. */
  readonly kinds: Uint8Array;
  /** Of a literal, where it begins in `literals`; of a run, its number. */
  readonly operands: Int32Array;
  /** Length of a literal. */
  readonly lengths: Int32Array;
  readonly literals: ViewedBytes;
}

/** One key of the record, with the bytes from the end of the value before it to the beginning of its own. */
export interface ShapeMember {
  /** Of {@link COLUMN}, or negative for a column that is not served. */
  readonly slot: number;
  readonly literal: ViewedBytes;
}

/** Members `[first, last]` that stand together and belong to one part, its identity not among them. */
export interface ShapeRun {
  readonly first: number;
  readonly last: number;
}

export interface RecordShape {
  readonly members: readonly ShapeMember[];
  /** From the end of the last value to the end of the record. */
  readonly tail: ViewedBytes;
  readonly deviceRuns: readonly ShapeRun[];
  readonly certificateRuns: readonly ShapeRun[];
  readonly steps: ShapeSteps;
  /** The member of each slot; -1 where the shape has none. */
  readonly memberOf: Int32Array;
  /** Columns that the record shape does not know. */
  readonly unknownColumns: readonly string[];
}

/** More keys than any export has. */
const MAXIMUM_MEMBERS = 64;

/**
 * The shape of a record that was accepted.
 *
 * @returns `undefined` for one that is not worth knowing: two keys for one slot, escapes in a key, line breaks,
 * or a device or certificate that is described before it is named
 */
export function learnShape(source: ViewedBytes, start: number, end: number): RecordShape | undefined {
  const { bytes } = source;
  if (bytes.subarray(start, end).includes(NEWLINE)) return undefined;
  const members: ShapeMember[] = [];
  const unknownColumns: string[] = [];
  const memberOf = new Int32Array(COLUMN_COUNT).fill(-1);
  const keys = new Set<string>();
  const copy = (from: number, to: number): ViewedBytes =>
    toViewedBytes(Buffer.from(bytes.subarray(from, to)));

  let literalStart = start;
  let at = skipBlanks(bytes, start, end) + 1;
  do {
    const keyStart = skipBlanks(bytes, at, end);
    const keyEnd = findPlainStringEnd(source, keyStart, end);
    if (keyEnd === -1) return undefined;
    const key = bytes.toString('latin1', keyStart + 1, keyEnd - 1);
    const slot = toColumn(key);
    if (keys.has(key) || (slot >= 0 && memberOf[slot] !== -1)) return undefined;
    keys.add(key);
    if (slot >= 0) memberOf[slot] = members.length;
    if (slot === UNKNOWN_COLUMN) unknownColumns.push(key.slice(0, COLUMN_NAME_LENGTH));
    const valueStart = skipBlanks(bytes, skipBlanks(bytes, keyEnd, end) + 1, end);
    members.push({ slot, literal: copy(literalStart, valueStart) });
    if (members.length > MAXIMUM_MEMBERS) return undefined;
    literalStart = findValueEnd(source, valueStart, end);
    if (literalStart === -1) return undefined;
    at = skipBlanks(bytes, literalStart, end) + 1;
  } while (bytes[at - 1] === COMMA);

  const tail = copy(literalStart, end);
  const arranged = arrange(members, tail);
  return arranged && { members, tail, memberOf, unknownColumns, ...arranged };
}

type Arrangement = Pick<RecordShape, 'deviceRuns' | 'certificateRuns' | 'steps'>;
type PartKind = 'device' | 'certificate';

/** The steps of a shape, or `undefined` when a part is described before its identity or in too many runs. */
function arrange(members: readonly ShapeMember[], tail: ViewedBytes): Arrangement | undefined {
  const steps: { kind: number; run?: number; literal?: Buffer }[] = [];
  const runs: Record<PartKind, ShapeRun[]> = { device: [], certificate: [] };
  const named = new Set<PartKind>();
  for (let index = 0; index < members.length; index += 1) {
    const { slot, literal } = members[index]!;
    const part = partOf(slot);
    if (part === undefined) {
      steps.push({ kind: STEP.literal, literal: literal.bytes }, { kind: kindOf(slot) });
      if (slot === COLUMN.deviceId) named.add('device');
      if (slot === COLUMN.thumbprint) named.add('certificate');
      continue;
    }
    if (!named.has(part)) return undefined;
    let last = index;
    while (last + 1 < members.length && partOf(members[last + 1]!.slot) === part) last += 1;
    steps.push({ kind: STEP[`${part}Run`], run: runs[part].length });
    runs[part].push({ first: index, last });
    index = last;
  }
  steps.push({ kind: STEP.literal, literal: tail.bytes });
  if (Object.values(runs).some(({ length }) => length > MAXIMUM_RUNS)) return undefined;

  let literalEnd = 0;
  const literalStarts = steps.map(({ literal }) => {
    literalEnd += literal?.length ?? 0;
    return literalEnd - (literal?.length ?? 0);
  });
  return {
    steps: {
      kinds: Uint8Array.from(steps, ({ kind }) => kind),
      operands: Int32Array.from(steps, ({ run }, index) => run ?? literalStarts[index]!),
      lengths: Int32Array.from(steps, ({ literal }) => literal?.length ?? 0),
      literals: toViewedBytes(Buffer.concat(steps.map(({ literal }) => literal ?? Buffer.alloc(0)))),
    },
    deviceRuns: runs.device,
    certificateRuns: runs.certificate,
  };
}

/** The part that a column describes; `undefined` for identities, the path, and what is not served. */
function partOf(slot: number): PartKind | undefined {
  if (slot >= FIRST_CERTIFICATE_COLUMN) return 'certificate';
  const isOfDevice =
    slot === COLUMN.deviceName || slot === COLUMN.rbacGroupId || slot === COLUMN.rbacGroupName;
  return isOfDevice ? 'device' : undefined;
}

function kindOf(slot: number): number {
  if (slot === COLUMN.deviceId) return STEP.deviceId;
  if (slot === COLUMN.thumbprint) return STEP.thumbprint;
  return slot === COLUMN.path ? STEP.path : STEP.other;
}
