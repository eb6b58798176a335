/**
 * Single values of the wire in normal form. Nothing here throws: what cannot be read is "not reported",
 * because a row with an odd date is still a certificate on a device.
 */

import type { SubjectType } from '../snapshot/record.ts';

const TIMESTAMP =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?)?\s*(?:([Zz])|([+-])(\d\d):?(\d\d))?$/;
const DIGITS = /^\d+$/;
const MAXIMUM_INT = 2_147_483_647;
/** The Gregorian calendar repeats after 400 years; `Date.UTC` reads years under 100 as 19xx. */
const CYCLE_YEARS = 400;
const CYCLE_SECONDS = 12_622_780_800;
const YEAR_2_EPOCH_SECONDS = -62_104_060_800;
const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
/** 9999-12-31T23:59:59Z, the last instant that RFC 3339 can write. */
const LAST_EPOCH_SECONDS = 253_402_300_799;

/** Text as reported, trimmed; a number as its digits; `null` for nothing, blanks and other types. */
export function toText(value: unknown): string | null {
  if (typeof value === 'string') {
    const trimmed = value.trim();
    return trimmed === '' ? null : trimmed;
  }
  return typeof value === 'number' ? String(value) : null;
}

/** Bits of a key as a positive 32-bit integer; `null` for 0 ("not parsed"), negatives and garbage. */
export function toKeySize(value: unknown): number | null {
  const size = typeof value === 'string' && DIGITS.test(value.trim()) ? Number(value) : value;
  if (typeof size !== 'number' || !Number.isInteger(size)) return null;
  return size > 0 && size <= MAXIMUM_INT ? size : null;
}

/** `CA` and `End Entity` in any case, with or without spaces and hyphens; `null` for anything else. */
export function toSubjectType(value: unknown): SubjectType | null {
  if (typeof value !== 'string') return null;
  const folded = value.toLowerCase().replace(/[\s-]/g, '');
  if (folded === 'ca') return 'CERTIFICATE_AUTHORITY';
  return folded === 'endentity' ? 'END_ENTITY' : null;
}

/**
 * Epoch seconds of a timestamp in any of the forms of the export: ISO 8601 with `Z`, an offset or no zone,
 * and date and time separated by a space, with up to any number of decimals. No zone means UTC; decimals
 * are cut off. An offset that leads past the year 9999 in UTC ends at its last second.
 *
 * @returns `null` for the year-1 sentinel ("not reported") and for what is no timestamp
 */
export function toEpochSeconds(value: unknown): number | null {
  if (typeof value !== 'string') return null;
  const usual = readUsualTimestamp(value);
  if (usual !== undefined) return usual;
  const match = TIMESTAMP.exec(value.trim());
  if (match === null) return null;
  const year = Number(match[1]);
  const month = Number(match[2]);
  const day = Number(match[3]);
  const hour = Number(match[4] ?? 0);
  const minute = Number(match[5] ?? 0);
  const second = Number(match[6] ?? 0);
  const offsetMinutes = Number(match[9] ?? 0) * 60 + Number(match[10] ?? 0);
  if (year <= 1 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null;
  if (hour > 23 || minute > 59 || second > 59 || Number(match[10] ?? 0) > 59) return null;
  const written = Date.UTC(year + CYCLE_YEARS, month - 1, day, hour, minute, second) / 1_000 - CYCLE_SECONDS;
  const seconds = written - (match[8] === '-' ? -60 : 60) * offsetMinutes;
  return seconds < YEAR_2_EPOCH_SECONDS ? null : Math.min(seconds, LAST_EPOCH_SECONDS);
}

/** Epoch seconds of `2030-01-31T23:59:59Z` in the years 1970 to 2099; `undefined` for every other text. */
function readUsualTimestamp(text: string): number | undefined {
  if (text.length !== 20 || text[4] !== '-' || text[7] !== '-' || text[10] !== 'T' || text[19] !== 'Z')
    return undefined;
  if (text[13] !== ':' || text[16] !== ':') return undefined;
  const year = readTwoDigits(text, 0) * 100 + readTwoDigits(text, 2);
  const month = readTwoDigits(text, 5);
  const day = readTwoDigits(text, 8);
  const hour = readTwoDigits(text, 11);
  const minute = readTwoDigits(text, 14);
  const second = readTwoDigits(text, 17);
  const isUsual =
    year >= 1970 && year < 2100 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
  if (!isUsual || !(hour <= 23) || !(minute <= 59) || !(second <= 59)) return undefined;
  const leapDays = ((year - 1969) >> 2) + (month > 2 && isLeapYear(year) ? 1 : 0);
  const days = (year - 1970) * 365 + leapDays + DAYS_BEFORE_MONTH[month - 1]! + day - 1;
  return ((days * 24 + hour) * 60 + minute) * 60 + second;
}

/** `NaN` unless both are digits: no comparison holds for it then. */
function readTwoDigits(text: string, index: number): number {
  const tens = text.charCodeAt(index) - 0x30;
  const ones = text.charCodeAt(index + 1) - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
