/** The targets of the benchmark `serving`, from its figures. */

import type { Target } from '../benchmark.ts';
import type { ContenderName } from './contenders.ts';
import type { PublicationFigures } from './publication.ts';
import { QUESTIONS } from './questions.ts';
import type { Figures, RoundFigures } from './rounds.ts';
import type { WalkFigures } from './walk.ts';

export interface ServingFigures {
  readonly page: Figures;
  readonly bigPage: Figures;
  readonly nested: Figures;
  readonly hot: Figures;
  /** `null` = not offered. */
  readonly revalidation: Figures | null;
  readonly half: { readonly cold: RoundFigures; readonly hot: RoundFigures };
  readonly walk: WalkFigures;
  readonly publication: PublicationFigures;
}

const LOOP_DELAY_MS = 20;
const TAIL = 3;
const WORST = 4;
/** What counts as flat, on a noisy machine. */
const FLAT_LATENCY = 1.25;
const FLAT_MEMORY = 1.1;

export function toTargets(figures: ServingFigures): readonly Target[] {
  const { page, bigPage, nested, hot, revalidation, half, walk, publication } = figures;
  return [
    against('50 certificates, cold', page, 'mercurius', 1),
    against('50 certificates, cold', page, 'apollo', 3),
    against('50 certificates, cold', page, 'yoga', 4),
    against('1,000 certificates, cold', bigPage, 'mercurius', 1),
    {
      what: '1,000 certificates, cold: longest delay of the event loop',
      value: bigPage.us!.loopDelayMs!,
      limit: { atMost: LOOP_DELAY_MS },
      unit: 'ms',
    },
    against('50 certificates, the same again', hot, 'raw', 0.6),
    revalidation === null
      ? { what: '304 against node:http (not offered)', value: 0, limit: { atLeast: 0.8 }, unit: '×' }
      : against('304', revalidation, 'raw', 0.8),
    against(`${QUESTIONS.nested.title}, cold`, nested, 'mercurius', 2),
    ...(nested.postgraphile === undefined
      ? []
      : [
          against(`${QUESTIONS.nested.title}, cold`, nested, 'postgraphile', 5),
          against('50 certificates, cold', page, 'postgraphile', 5),
        ]),
    tail('cold pages', half.cold),
    tail('the same page again', half.hot),
    {
      what: 'walk: pages at its end against its beginning',
      value: walk.lastDecileMs / walk.firstDecileMs,
      limit: { atMost: FLAT_LATENCY },
      unit: '×',
    },
    {
      what: 'walk: resident set at its end against its beginning',
      value: walk.residentBytesLast / walk.residentBytesFirst,
      limit: { atMost: FLAT_MEMORY },
      unit: '×',
    },
    {
      what: 'publication under load: longest answer against p99 before',
      value: publication.around.longestMs / publication.before.p99Ms,
      limit: { atMost: WORST },
      unit: '×',
    },
  ];
}

const AGAINST: Readonly<Record<Exclude<ContenderName, 'us'>, string>> = {
  apollo: 'Apollo Server',
  mercurius: 'mercurius',
  yoga: 'yoga',
  postgraphile: 'PostGraphile',
  raw: 'node:http',
};

function against(
  what: string,
  figures: Figures,
  name: Exclude<ContenderName, 'us'>,
  atLeast: number,
): Target {
  return {
    what: `${what}: requests a second against ${AGAINST[name]}`,
    value: figures.us!.perSecond / figures[name]!.perSecond,
    limit: { atLeast },
    unit: '×',
  };
}

function tail(what: string, { p50Ms, p99Ms }: RoundFigures): Target {
  return {
    what: `${what} at half of the highest throughput: p99 against p50`,
    value: p99Ms / p50Ms,
    limit: { atMost: TAIL },
    unit: '×',
  };
}
