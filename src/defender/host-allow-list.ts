/**
 * Which URLs the upstream may send us to. A nextLink is followed with a bearer token and an export file is
 * believed, so both are held against a list that the operator controls.
 */

import { isLoopbackHost } from '../core/host.ts';

/** Decides on one URL; the same answer for the same URL, for ever. */
export interface HostAllowList {
  allows(url: URL): boolean;
}

/**
 * @param patterns `host` (on the default port of the scheme), `host:port`, or either with `*.` in front for
 *   every host below a suffix (not the suffix itself); case does not matter
 * @returns a list that allows https to these hosts, and http only where the host is this machine; never a
 *   URL with a user name in it
 */
export function createHostAllowList(patterns: readonly string[]): HostAllowList {
  const rules = patterns.map((pattern) => pattern.trim().toLowerCase()).filter((pattern) => pattern !== '');
  return {
    allows: (url) => {
      if (url.username !== '' || url.password !== '') return false;
      if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopbackHost(url.hostname)))
        return false;
      return rules.some((rule) =>
        rule.startsWith('*.') ? isBelow(url.host, rule.slice(1)) : isSameHost(url, rule),
      );
    },
  };
}

function isBelow(host: string, suffix: string): boolean {
  return host.length > suffix.length && host.endsWith(suffix);
}

/** `URL.host` leaves a default port out; a pattern may spell it. */
function isSameHost(url: URL, rule: string): boolean {
  return (
    url.host === rule || `${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}` === rule
  );
}
