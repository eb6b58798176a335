/** Figures for a terminal: tables with aligned columns, and numbers with their units. */

import { isMet, type Target } from '../benchmark.ts';

const MEGABYTE = 1_000_000;

export const seconds = (milliseconds: number): string => `${(milliseconds / 1_000).toFixed(2)} s`;
export const milliseconds = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
export const microseconds = (value: number): string => value.toFixed(value < 10 ? 1 : 0);
export const megabytes = (bytes: number): string => `${(bytes / MEGABYTE).toFixed(0)} MB`;
export const times = (ratio: number): string => `${ratio.toFixed(ratio < 10 ? 2 : 0)} ×`;
export const whole = (value: number): string => Math.round(value).toLocaleString('en');

/** Lines of a table: the first column to the left, the others to the right. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [header, ...rows].map((row) =>
    row
      .map((text, column) => (column === 0 ? text.padEnd(widths[column]!) : text.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
}

export function formatTargets(targets: readonly Target[]): string[] {
  return formatTable(
    ['target', 'measured', 'limit', ''],
    targets.map((target) => [
      target.what,
      `${toNumber(target.value)} ${target.unit}`,
      'atMost' in target.limit
        ? `≤ ${toNumber(target.limit.atMost)} ${target.unit}`
        : `≥ ${toNumber(target.limit.atLeast)} ${target.unit}`,
      isMet(target) ? 'met' : 'missed',
    ]),
  );
}

function toNumber(value: number): string {
  return value.toFixed(Math.abs(value) < 10 ? 2 : 0);
}
