/**
 * The scalar `DateTime`: RFC 3339 text outside, epoch seconds inside.
 *
 * Takes any offset and any fraction of a second (cut off, never rounded) and writes UTC to the second with
 * `Z`. Years 0001 to 9999 in UTC. Refuses everything else, leap seconds included: epoch time has no place for them.
 */

import { GraphQLError, type GraphQLScalarType, Kind, print } from 'graphql';
import { invariant, printValue } from '../core/errors.ts';
import { DAY_SECONDS, SECOND_MS } from '../core/units.ts';

/** 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z in epoch seconds. */
const MINIMUM_SECONDS = -62_135_596_800;
const MAXIMUM_SECONDS = 253_402_300_799;

/** RFC 3339 section 5.6, `date-time`. */
const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:Z|([+-])(\d\d):(\d\d))$/i;

type SixNumbers = [number, number, number, number, number, number];

const RULE = 'be an RFC 3339 instant in the years 0001 to 9999, such as "2026-11-23T08:15:30Z"';

/** What the scalar does; its name and description are the schema's. */
export const DateTime: Pick<
  GraphQLScalarType<number, string>,
  'serialize' | 'parseValue' | 'parseLiteral'
> = {
  serialize: (value) => formatDateTime(value),
  parseValue: (value) => toEpochSeconds(value, printValue(value)),
  parseLiteral: (node) => toEpochSeconds(node.kind === Kind.STRING ? node.value : undefined, print(node)),
};

/**
 * Epoch seconds as text.
 *
 * @throws INVARIANT_VIOLATED when it is no whole second in the years 0001 to 9999
 */
export function formatDateTime(seconds: unknown): string {
  if (!isInstant(seconds)) {
    // Its message takes longer to make than the text does.
    invariant(
      false,
      `An instant must be a whole number of epoch seconds in the years 0001 to 9999, but is ${printValue(seconds)}.`,
    );
  }
  const day = Math.floor(seconds / DAY_SECONDS);
  const second = seconds - day * DAY_SECONDS;
  const minute = Math.floor(second / 60);
  return `${findDayText(day)}${UP_TO_59[Math.floor(minute / 60)]}:${UP_TO_59[minute % 60]}:${UP_TO_59[second % 60]}Z`;
}

const UP_TO_59: readonly string[] = Array.from({ length: 60 }, (_, number) =>
  String(number).padStart(2, '0'),
);

/** Days whose text is remembered, a power of two: certificates begin and end within some ten years. */
const DAYS_KEPT = 4_096;
const keptDays = new Float64Array(DAYS_KEPT).fill(Number.NaN);
const dayTexts: string[] = Array.from({ length: DAYS_KEPT }, () => '');

/** `2026-11-23T`, of a day counted from 1970-01-01. A date takes ten times as long to print as to be found again. */
function findDayText(day: number): string {
  const place = day & (DAYS_KEPT - 1);
  if (keptDays[place] !== day) {
    keptDays[place] = day;
    dayTexts[place] = new Date(day * DAY_SECONDS * SECOND_MS).toISOString().slice(0, 11);
  }
  return dayTexts[place]!;
}

function isInstant(seconds: unknown): seconds is number {
  const number = seconds as number;
  return Number.isInteger(seconds) && number >= MINIMUM_SECONDS && number <= MAXIMUM_SECONDS;
}

/** Epoch seconds of an RFC 3339 text, or `undefined` when it is none. */
export function parseDateTime(text: string): number | undefined {
  const match = RFC_3339.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as SixNumbers;
  const offsetHours = Number(match[8] ?? 0);
  const offsetMinutes = Number(match[9] ?? 0);
  if (hour > 23 || minute > 59 || second > 59 || offsetHours > 23 || offsetMinutes > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const local = date.getTime() / 1_000 + hour * 3_600 + minute * 60 + second;
  const seconds = local - (match[7] === '-' ? -1 : 1) * (offsetHours * 3_600 + offsetMinutes * 60);
  return seconds < MINIMUM_SECONDS || seconds > MAXIMUM_SECONDS ? undefined : seconds;
}

/** Throws what graphql-js puts its own words in front of: the name of the variable, the path in it. */
function toEpochSeconds(value: unknown, printed: string): number {
  const seconds = typeof value === 'string' ? parseDateTime(value) : undefined;
  if (seconds !== undefined) return seconds;
  throw new GraphQLError(`A DateTime must ${RULE}, but got: ${printed}.`, {
    extensions: { rule: RULE, value: printed },
  });
}
