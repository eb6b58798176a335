/** Arguments as loader keys: one text for arguments that mean the same. */

/**
 * JSON with the keys of every object in order, those with `null` or `undefined` left out: for arguments, absent and
 * `null` are the same. Linear in the size of the value.
 */
export function toCanonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => (isObject(inner) ? sortKeys(inner) : inner));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sortKeys(object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const present = Object.entries(object).filter(([, inner]) => inner != null);
  return Object.fromEntries(present.sort(([left], [right]) => (left < right ? -1 : 1)));
}
