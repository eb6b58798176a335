/** How groups and tenants are written, in tokens and in the policy. */

/** In any case of letters; without flags, for a JSON Schema has none. */
export const GUID = /^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/;

/** A GUID in lower case, which is how Entra ID writes an object id; any other name as it is. */
export function normalizeGroup(text: string): string {
  return GUID.test(text) ? text.toLowerCase() : text;
}
