/**
 * The opaque skip token of a next link: a place in one export, protected against change.
 */

import { createHmac, timingSafeEqual } from 'node:crypto';

export interface PagePosition {
  readonly generation: number;
  /** Place of the device in the order of the export. */
  readonly place: number;
  /** Records of that device that were handed out already. */
  readonly record: number;
  /** Whether the page before was empty on purpose: this one is not. */
  readonly isAfterEmpty?: boolean;
}

/** The token of a position. */
export function createSkipToken(
  key: string,
  { generation, place, record, isAfterEmpty }: PagePosition,
): string {
  const text = JSON.stringify({
    ExportGeneration: generation,
    DeviceIndex: place,
    LineStoppedAt: record,
    ...(isAfterEmpty ? { AfterEmpty: 1 } : {}),
  });
  return `${Buffer.from(text).toString('base64url')}.${sign(key, text)}`;
}

/** The position of a token, or `undefined` when it was not issued under this key. */
export function findPagePosition(key: string, token: string): PagePosition | undefined {
  const [encoded = '', signature = ''] = token.split('.');
  const text = Buffer.from(encoded, 'base64url').toString();
  const expected = Buffer.from(sign(key, text));
  const given = Buffer.from(signature);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const value = JSON.parse(text) as Record<'ExportGeneration' | 'DeviceIndex' | 'LineStoppedAt', number> & {
    readonly AfterEmpty?: number;
  };
  const position = {
    generation: value.ExportGeneration,
    place: value.DeviceIndex,
    record: value.LineStoppedAt,
  };
  return value.AfterEmpty === undefined ? position : { ...position, isAfterEmpty: true };
}

function sign(key: string, text: string): string {
  return createHmac('sha256', key).update(`skip token\n${text}`).digest('base64url').slice(0, 22);
}
