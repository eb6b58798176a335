/**
 * Takes the secrets out of text before it reaches a message, a log line or a metric: query strings of
 * URLs (a SAS signature grants access to the blob for as long as it lives), bearer tokens, JWTs, and the parameters and
 * members that hold secrets. For text, not for JSON that is to be parsed again: it may take a backslash with it.
 */

const URL_QUERY = /(\bhttps?:\/\/[^\s"'<>?]+)\?[^\s"'<>]*/gi;
const BEARER = /\b(bearer)\s+[\w.~+/=-]+/gi;
const JSON_WEB_TOKEN = /\beyJ[\w-]*\.[\w-]+\.[\w-]*/g;
/** Microsoft's serializers write an ampersand in JSON as an escape. */
const SENSITIVE_PARAMETER =
  /(\b|\\u0026|%26)(sig|client_secret|client_assertion|access_token|refresh_token|device_code)=[^\s&"'\\]+/gi;
/** In JSON, and in JSON that stands as text in JSON. */
const SENSITIVE_MEMBER =
  /((?:client_secret|client_assertion|access_token|refresh_token|id_token|device_code)(?:\\?["'])?\s{0,9}:\s{0,9}\\?["'])[^"'\\]*/gi;

/** The text with every secret that it may hold replaced; linear in its length. */
export function redact(text: string): string {
  return text
    .replace(URL_QUERY, '$1?[redacted]')
    .replace(BEARER, '$1 [redacted]')
    .replace(JSON_WEB_TOKEN, '[redacted]')
    .replace(SENSITIVE_PARAMETER, '$1$2=[redacted]')
    .replace(SENSITIVE_MEMBER, '$1[redacted]');
}
