/** What the benchmark of hostile callers tells: figures, tables and targets. */

import { cpus } from 'node:os';
import type { Report, Target } from '../benchmark.ts';
import { formatTable, megabytes, milliseconds, seconds, whole } from '../support/format.ts';
import { median } from '../support/statistics.ts';
import type { AttackReport, KindReport } from './hostile-process.ts';
import type { AttackedWindow, Window } from './windows.ts';

const LATENCY_SHARE = 2;
/** Answers under way, and what queries have worked out: bounded whatever is asked. */
const HEAP_GROWTH_MEGABYTES = 32;
const RESIDENT_GROWTH_MEGABYTES = 512;
const MEGABYTE = 1_000_000;

export interface HostileWindows {
  /** One for each round. */
  readonly rest: readonly Window[];
  readonly mixed: readonly AttackedWindow[];
  /** Kind → what it did alone; empty when that was not tried. */
  readonly alone: Readonly<Record<string, AttackedWindow>>;
}

export interface HostileReport extends Report {
  readonly lines: readonly string[];
}

export function reportHostile({ rest, mixed, alone }: HostileWindows): HostileReport {
  const before = rest[0]!;
  const figures = {
    before: { heapBytes: before.heapBytes, residentBytes: before.residentBytes },
    rest: summarize(rest),
    mixed: summarize(mixed),
    hostileShare: median(mixed.map(({ attack }) => toShare(attack))),
    answered: toAnswered(mixed),
    alone: mapKinds(alone, ({ attack, ...window }, kind) => ({ ...window, ...attack.kinds[kind] })),
  };
  const lines = [
    ...toTable(figures.rest, figures.mixed),
    `resident before: ${megabytes(before.residentBytes)}; the hostile callers took ${toPercent(figures.hostileShare)} of the machine's processor time`,
    '',
    ...toAnsweredTable(figures.answered),
    ...(Object.keys(alone).length === 0 ? [] : ['', ...toAloneTable(alone)]),
    '',
  ];
  return { figures, lines, targets: toTargets(before, figures.rest, figures.mixed) };
}

/** Medians over the rounds for latencies and shares, the largest for the rest. */
function summarize(windows: readonly Window[]) {
  const largest = (read: (window: Window) => number): number => Math.max(...windows.map(read));
  return {
    requests: windows.reduce((sum, { load }) => sum + load.answered, 0),
    p50Ms: median(windows.map(({ load }) => load.latency.p50)),
    p99Ms: median(windows.map(({ load }) => load.latency.p99)),
    eventLoopDelayMs: largest((window) => window.eventLoopDelayMs),
    heapBytes: largest((window) => window.heapBytes),
    residentBytes: largest((window) => window.residentBytes),
    residentBytesPeak: largest((window) => window.residentBytesPeak),
    busyShare: median(windows.map((window) => window.busyShare)),
  };
}

type Summary = ReturnType<typeof summarize>;

function toShare({ cpuMs, durationMs }: AttackReport): number {
  return cpuMs / durationMs / cpus().length;
}

function toTable(rest: Summary, mixed: Summary): string[] {
  return formatTable(
    [
      'well-behaved callers',
      'requests',
      'p50',
      'p99',
      'longest loop delay',
      'heap after',
      'resident after',
      'peak',
      'busy',
    ],
    [['alone', rest] as const, ['beside the hostile mix', mixed] as const].map(([name, summary]) => [
      name,
      whole(summary.requests),
      milliseconds(summary.p50Ms),
      milliseconds(summary.p99Ms),
      milliseconds(summary.eventLoopDelayMs),
      megabytes(summary.heapBytes),
      megabytes(summary.residentBytes),
      megabytes(summary.residentBytesPeak),
      toPercent(summary.busyShare),
    ]),
  );
}

/** What all rounds came to together. */
function toAnswered(windows: readonly AttackedWindow[]): Record<string, KindReport> {
  return mapKinds(windows[0]!.attack.kinds, (_report, kind) => {
    const outcomes: Record<string, number> = {};
    const reports = windows.map(({ attack }) => attack.kinds[kind]!);
    for (const [outcome, count] of reports.flatMap((report) => Object.entries(report.outcomes)))
      outcomes[outcome] = (outcomes[outcome] ?? 0) + count;
    return { outcomes, longestMs: Math.max(...reports.map(({ longestMs }) => longestMs)) };
  });
}

function toAnsweredTable(answered: Readonly<Record<string, KindReport>>): string[] {
  const rows = Object.entries(answered).map(([kind, report]) => [kind, seconds(report.longestMs)] as const);
  return withAnswers(formatTable(['in the mix', 'longest'], rows), Object.values(answered));
}

function toAloneTable(alone: Readonly<Record<string, AttackedWindow>>): string[] {
  const reports = Object.entries(alone).map(([kind, { attack }]) => attack.kinds[kind]!);
  const rows = Object.entries(alone).map(([kind, window], index) => [
    kind,
    seconds(reports[index]!.longestMs),
    milliseconds(window.load.latency.p99),
    milliseconds(window.eventLoopDelayMs),
    megabytes(window.residentBytesPeak),
  ]);
  const header = ['one kind alone', 'longest', 'p99 beside it', 'loop delay', 'peak resident'];
  return withAnswers(formatTable(header, rows), reports);
}

/** A last column, to the left. */
function withAnswers([header, ...lines]: readonly string[], reports: readonly KindReport[]): string[] {
  const texts = reports.map(({ outcomes }) =>
    Object.entries(outcomes)
      .map(([outcome, count]) => `${outcome}: ${whole(count)}`)
      .join(', '),
  );
  return [`${header}  answers`, ...lines.map((line, index) => `${line}  ${texts[index]}`)];
}

function mapKinds<From, To>(
  record: Readonly<Record<string, From>>,
  map: (value: From, kind: string) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([kind, value]) => [kind, map(value, kind)]));
}

function toPercent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

function toTargets(before: Window, rest: Summary, mixed: Summary): Target[] {
  return [
    {
      what: 'p99 of a page beside the hostile mix against without it',
      value: mixed.p99Ms / rest.p99Ms,
      limit: { atMost: LATENCY_SHARE },
      unit: '×',
    },
    {
      what: 'heap after the hostile mix over before',
      value: (mixed.heapBytes - before.heapBytes) / MEGABYTE,
      limit: { atMost: HEAP_GROWTH_MEGABYTES },
      unit: 'MB',
    },
    {
      what: 'peak of the resident set beside the hostile mix over before',
      value: (mixed.residentBytesPeak - before.residentBytes) / MEGABYTE,
      limit: { atMost: RESIDENT_GROWTH_MEGABYTES },
      unit: 'MB',
    },
  ];
}
