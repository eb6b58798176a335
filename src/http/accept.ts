/**
 * Content negotiation for GraphQL over HTTP, as RFC 9110 section 12.5.1 describes `Accept`: qualities and
 * wildcards, the most specific range that matches a type decides. Parameters of a range other than `q`
 * (a charset) are ignored: both types are UTF-8 by definition.
 */

/** The media types of a GraphQL response, the one preferred on a tie first: older clients and people read JSON. */
export const RESPONSE_TYPES = ['application/json', 'application/graphql-response+json'] as const;

export type ResponseType = (typeof RESPONSE_TYPES)[number];

interface MediaRange {
  readonly type: string;
  readonly quality: number;
}

/**
 * The response type that an `Accept` header prefers.
 *
 * @param accept the header, several of them joined by commas; absent or blank accepts anything
 * @returns `undefined` when it accepts neither, and the request must not be executed
 */
export function findResponseType(accept: string | undefined): ResponseType | undefined {
  if (accept === undefined || accept.trim() === '') return RESPONSE_TYPES[0];
  const ranges = accept.split(',').map(parseMediaRange);
  let best: ResponseType | undefined;
  let bestQuality = 0;
  for (const type of RESPONSE_TYPES) {
    const quality = qualityOf(type, ranges);
    if (quality > bestQuality) {
      best = type;
      bestQuality = quality;
    }
  }
  return best;
}

/** A quality that is no number in [0, 1] counts as 0: a broken preference is not a preference. */
function parseMediaRange(text: string): MediaRange {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith('q='));
  const quality = weight === undefined ? 1 : Number(weight.slice(2) || Number.NaN);
  return { type, quality: quality >= 0 && quality <= 1 ? quality : 0 };
}

/** The quality of the most specific range that matches, 0 when none does; of equal ranges the first. */
function qualityOf(type: ResponseType, ranges: readonly MediaRange[]): number {
  for (const candidate of [type, 'application/*', '*/*']) {
    const range = ranges.find((one) => one.type === candidate);
    if (range !== undefined) return range.quality;
  }
  return 0;
}
