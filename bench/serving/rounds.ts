/** Contenders in turns: a noisy minute hits all of them, and the median of each counts. */

import { formatTable, milliseconds, whole } from '../support/format.ts';
import { readProcessorMs } from '../support/processes.ts';
import { median } from '../support/statistics.ts';
import type { CallReport, CallTask } from './call-task.ts';
import type { Callers } from './callers.ts';
import { type ContenderName, TITLES } from './contenders.ts';

export interface RoundTask extends Omit<CallTask, 'connections' | 'durationMs'> {
  readonly name: ContenderName;
  /** Of the server. */
  readonly processId: number;
}

export interface RoundSettings {
  readonly callers: Callers;
  readonly rounds: number;
  readonly connections: number;
  readonly warmUpMs: number;
  readonly durationMs: number;
  /** Put around each measurement of the gateway: adds the delay of its event loop. */
  readonly watch?: (measure: () => Promise<Run>) => Promise<Run>;
}

/** One measurement of one contender. */
export interface Run {
  readonly report: CallReport;
  /** That its process used meanwhile. */
  readonly processorMs: number;
  readonly loopDelayMs: number | null;
}

/** Medians over the rounds. */
export interface RoundFigures {
  readonly perSecond: number;
  /** The slowest and the fastest round. */
  readonly perSecondRange: readonly [number, number];
  /** Of the server's process, for each answer. */
  readonly processorMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly longestMs: number;
  /** Of the callers: near 1, they are the limit. */
  readonly busy: number;
  readonly bodyBytes: number;
  /** The longest delay of the event loop of any round; the gateway's alone. */
  readonly loopDelayMs: number | null;
}

export type Figures = Partial<Record<ContenderName, RoundFigures>>;

export async function measureInRounds(
  tasks: readonly RoundTask[],
  { callers, rounds, connections, warmUpMs, durationMs, watch }: RoundSettings,
): Promise<Figures> {
  const runs = new Map<ContenderName, Run[]>(tasks.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, processId, ...task } of tasks) {
      const measure = async (): Promise<Run> => {
        const before = readProcessorMs(processId);
        const report = await callers.call({ ...task, connections, durationMs });
        return { report, processorMs: readProcessorMs(processId) - before, loopDelayMs: null };
      };
      await callers.call({ ...task, connections, durationMs: warmUpMs });
      runs.get(name)!.push(await (name === 'us' && watch !== undefined ? watch(measure) : measure()));
    }
  }
  return Object.fromEntries([...runs].map(([name, list]) => [name, summarize(list)]));
}

function summarize(runs: readonly Run[]): RoundFigures {
  const medianOf = (toNumber: (run: Run) => number): number => median(runs.map(toNumber));
  const rates = runs.map(({ report }) => report.perSecond);
  const loopDelays = runs.map(({ loopDelayMs }) => loopDelayMs).filter((value) => value !== null);
  return {
    perSecond: median(rates),
    perSecondRange: [Math.min(...rates), Math.max(...rates)],
    processorMs: medianOf(({ report, processorMs }) => processorMs / report.answered),
    p50Ms: medianOf(({ report }) => report.latency.p50),
    p99Ms: medianOf(({ report }) => report.latency.p99),
    longestMs: Math.max(...runs.map(({ report }) => report.latency.longest)),
    busy: medianOf(({ report }) => report.busy),
    bodyBytes: medianOf(({ report }) => report.bodyBytes),
    loopDelayMs: loopDelays.length === 0 ? null : Math.max(...loopDelays),
  };
}

/** A table of one question. */
export function formatFigures(title: string, figures: Figures): readonly string[] {
  const rows = Object.entries(figures).map(([name, one]) => [
    TITLES[name as ContenderName],
    whole(one.perSecond),
    `${whole(one.perSecondRange[0])}–${whole(one.perSecondRange[1])}`,
    toProcessor(one.processorMs),
    milliseconds(one.p50Ms),
    milliseconds(one.p99Ms),
    `${whole(one.bodyBytes / 1_000)} KB`,
    `${whole(one.busy * 100)} %`,
  ]);
  return formatTable(
    [title, 'a second', 'spread', 'processor', 'p50', 'p99', 'answer', 'callers busy'],
    rows,
  );
}

function toProcessor(processorMs: number): string {
  return `${processorMs.toFixed(processorMs < 1 ? 3 : 2)} ms`;
}
