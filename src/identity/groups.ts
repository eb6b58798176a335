/** How groups are written, in tokens and in the policy. */

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A GUID in lower case, which is how Entra ID writes an object id; any other name as it is. */
export function normalizeGroup(text: string): string {
  return GUID.test(text) ? text.toLowerCase() : text;
}
