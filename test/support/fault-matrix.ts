/** The matrix of faults in the operator's handbook, from the cases that are tried. */

import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/core/units.ts';
import { FAULT_FAMILIES, type FaultFamily } from '../../src/simulator/faults/named-fault.ts';
import { type ExpectedRun, type FaultCase, nameOf } from './fault-case.ts';
import { API_CASES } from './fault-cases/api.ts';
import { FILE_CASES } from './fault-cases/files.ts';
import { LISTING_CASES } from './fault-cases/listings.ts';
import { PAGE_CASES } from './fault-cases/pages.ts';
import { SIGN_IN_CASES } from './fault-cases/sign-in.ts';
import { SPECIAL_CASES } from './fault-cases/special.ts';

export const FAULT_CASES: readonly FaultCase[] = [
  ...PAGE_CASES,
  ...API_CASES,
  ...SIGN_IN_CASES,
  ...FILE_CASES,
  ...LISTING_CASES,
];

interface Row {
  readonly family: FaultFamily;
  readonly names: string[];
  readonly sees: string;
  readonly todo: string;
}

/** Where the matrix stands in the document. */
export const MATRIX_START = '<!-- faults: npm run faults -->';
export const MATRIX_END = '<!-- end of faults -->';

/** The matrix as Markdown: families in order, faults with the same outcome in one row. */
export function renderMatrix(): string {
  const rows: Row[] = [];
  const add = (family: FaultFamily, name: string, sees: string, todo: string): void => {
    const same = rows.find((row) => row.family === family && row.sees === sees && row.todo === todo);
    if (same === undefined) rows.push({ family, names: [name], sees, todo });
    else same.names.push(name);
  };
  for (const fault of FAULT_CASES) add(fault.family, nameOf(fault), describe(fault.expected), fault.todo);
  for (const { family, name, sees, todo } of SPECIAL_CASES) add(family, name, sees, todo);
  const families = Object.keys(FAULT_FAMILIES).map(Number) as FaultFamily[];
  return families
    .flatMap((family) => [
      '',
      `**${family}. ${capitalize(FAULT_FAMILIES[family])}**`,
      '',
      '| fault | what you see | what to do |',
      '| --- | --- | --- |',
      ...rows
        .filter((row) => row.family === family)
        .map(({ names, sees, todo }) => `| ${names.join('; ')} | ${sees} | ${todo} |`),
    ])
    .join('\n')
    .concat('\n\n');
}

function describe({ outcome, code, isRetryable, tookMs = 0, nextInMs }: ExpectedRun): string {
  const after = tookMs === 0 ? '' : `, ${toDuration(tookMs)} later`;
  if (outcome === 'PUBLISHED') return `published${after}`;
  if (outcome === 'UNCHANGED') return `\`UNCHANGED\`${after}`;
  const next = isRetryable
    ? `tried again after ${toDuration(nextInMs!)}`
    : 'not tried again before the schedule';
  return `\`${code}\`${after}; ${next}`;
}

/** `1 h`, `2 min 3.5 s`. */
function toDuration(durationMs: number): string {
  const parts: string[] = [];
  let left = durationMs;
  for (const [unit, sizeMs] of [
    ['h', HOUR_MS],
    ['min', MINUTE_MS],
  ] as const) {
    const count = Math.floor(left / sizeMs);
    left -= count * sizeMs;
    if (count > 0) parts.push(`${count} ${unit}`);
  }
  if (left > 0) parts.push(`${left / SECOND_MS} s`);
  return parts.join(' ');
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
