/**
 * The forms that a setting's text may have. Each function takes a text and returns its value, or
 * `undefined` when the text has another form; the matching `…_FORM` says the form in words, completing
 * "<variable> must be …". Pure; nothing is looked up.
 */

import { isLoopbackHost } from '../core/host.ts';
import { DAY_MS, parseDuration } from '../core/units.ts';

export const DURATION_FORM = 'a duration: a number with ms, s, m, h or d, of 1ms to 3650d, or 0';
export const SHARE_FORM = 'a percentage from 0% to 100%, such as 25% or 0.5%';
export const SECURE_URL_FORM =
  'an https:// URL without user, query and fragment (http:// only on a loopback host)';
export const AUTHORITY_FORM =
  'an https:// URL of a host alone, without user, path, query and fragment (http:// only on a loopback host)';
export const DELEGATED_SCOPE_FORM = 'one scope: a resource, a slash, a permission or .default';
export const APPLICATION_SCOPE_FORM =
  'one scope: a resource and /.default (a single permission can be asked for by device code alone)';
export const HOSTS_FORM = 'a comma-separated list of hosts, each "host", "host:port" or "*.suffix"';
export const CACHE_URL_FORM = 'a redis:// or rediss:// URL with a host';
export const PROXY_URL_FORM = 'an http:// or https:// URL of a proxy';
export const ORIGINS_FORM =
  'none, or a comma-separated list of exact origins such as https://portal.example.com ("*" is refused: it would open the inventory to every web page)';

const HOST_LABELS = /^(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*\.?$/i;
const HOST_PATTERN = /^(\*\.)?(\[[0-9a-f:.]+\]|[^:[\]]+?)(?::(\d{1,5}))?$/i;

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Ten years: what is added to an instant stays a date that a client can read. */
const MAXIMUM_DURATION_MS = 3_650 * DAY_MS;

/** Whole milliseconds. A duration that is not zero, but too short to count, is none. */
export function findDuration(text: string): number | undefined {
  const durationMs = parseDuration(text);
  if (durationMs === undefined || durationMs > MAXIMUM_DURATION_MS) return undefined;
  return durationMs === 0 && Number.parseFloat(text) > 0 ? undefined : durationMs;
}

/** A decimal integer between the bounds, both included. */
export function findInteger(text: string, minimum: number, maximum: number): number | undefined {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  return value !== undefined && value >= minimum && value <= maximum ? value : undefined;
}

/** A share from 0 to 1, written as a percentage with at most six digits after the point. */
export function findShare(text: string): number | undefined {
  const match = /^(\d{1,3}(?:\.\d{1,6})?)%$/.exec(text);
  const percent = match === null ? undefined : Number(match[1]);
  return percent !== undefined && percent <= 100 ? percent / 100 : undefined;
}

/** One of the words given, by exact match. */
export function findWord<Word extends string>(text: string, words: readonly Word[]): Word | undefined {
  return words.find((word) => word === text);
}

/** A tenant id (GUID), a verified domain, or an application id: letters, digits, dots and hyphens. */
export function findIdentifier(text: string): string | undefined {
  return /^[a-z0-9][a-z0-9._-]*$/i.test(text) ? text : undefined;
}

/** The URL without a slash at its end. Plain http is let through on loopback alone. */
export function findSecureUrl(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || url.host === '' || url.username !== '' || url.password !== '') return undefined;
  if (url.search !== '' || url.hash !== '' || /[?#]$/.test(text)) return undefined;
  const isAllowed = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname));
  return isAllowed ? url.href.replace(/\/+$/, '') : undefined;
}

/** The base of a sign-in service without a slash at its end: its paths begin with a tenant, and are added to it. */
export function findAuthority(text: string): string | undefined {
  const url = findSecureUrl(text);
  return url !== undefined && new URL(url).pathname === '/' ? url : undefined;
}

/** Tenant ids in lower case, each once; at least one. */
export function findTenantIds(text: string): readonly string[] | undefined {
  const ids = splitList(text).map((entry) => entry.toLowerCase());
  return ids.length > 0 && ids.every((id) => GUID.test(id)) ? [...new Set(ids)] : undefined;
}

/** Audiences, each once; at least one. Client ids in lower case, as Entra ID writes them into tokens, others as they are. */
export function findAudiences(text: string): readonly string[] | undefined {
  const audiences = splitList(text).map((entry) => {
    const clientId = entry.toLowerCase();
    return GUID.test(clientId) ? clientId : entry;
  });
  return audiences.length > 0 && audiences.every((entry) => !/\s/.test(entry))
    ? [...new Set(audiences)]
    : undefined;
}

/** One OAuth scope, as a signed-in user may ask for it. */
export function findDelegatedScope(text: string): string | undefined {
  return /^[^\s/]\S*\/[^\s/]+$/.test(text) ? text : undefined;
}

/** One OAuth scope, as Entra ID lets an application ask for it. */
export function findApplicationScope(text: string): string | undefined {
  return text.endsWith('/.default') ? findDelegatedScope(text) : undefined;
}

/** Lower-cased host patterns; at least one. */
export function findHosts(text: string): readonly string[] | undefined {
  const hosts = splitList(text).map((entry) => entry.toLowerCase());
  return hosts.length > 0 && hosts.every(isHostPattern) ? hosts : undefined;
}

/** The URL as given; its user information stays in it. */
export function findCacheUrl(text: string): string | undefined {
  const url = URL.parse(text);
  const isRedis = url !== null && /^rediss?:$/.test(url.protocol) && url.hostname !== '';
  return isRedis && /^(?:\/\d*)?$/.test(url.pathname) ? text : undefined;
}

/** The URL as given; its user information stays in it. */
export function findProxyUrl(text: string): string | undefined {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.hostname !== '' ? text : undefined;
}

/** Origins as a browser sends them, or none. */
export function findOrigins(text: string): readonly string[] | undefined {
  if (text === 'none') return [];
  const origins = splitList(text);
  const isOrigin = (entry: string) => /^https?:\/\//i.test(entry) && URL.parse(entry)?.origin === entry;
  return origins.length > 0 && origins.every(isOrigin) ? origins : undefined;
}

/** The entries of a comma-separated list, trimmed, without the empty ones. */
export function splitList(text: string): readonly string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

/** A host name or an IP address to listen on; IPv6 with or without brackets. */
export function findListenHost(text: string): string | undefined {
  const bare = text.replace(/^\[(.*)\]$/, '$1');
  return HOST_LABELS.test(bare) || /^[0-9a-f:.]*:[0-9a-f:.%]*$/i.test(bare) ? bare : undefined;
}

function isHostPattern(entry: string): boolean {
  const match = HOST_PATTERN.exec(entry);
  if (match === null) return false;
  const [, wildcard, host = '', port] = match;
  if (port !== undefined && (Number(port) === 0 || Number(port) > 65_535)) return false;
  return host.startsWith('[') ? wildcard === undefined : HOST_LABELS.test(host);
}
