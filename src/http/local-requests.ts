/**
 * Which requests come from this machine itself, and not through a proxy on it, to which everybody is a neighbour.
 *
 * A request that cannot be told is none. What no sign gives away is a proxy that passes on what it got as if it had
 * written it: with HTTP/1.1, no header of its own, and a `Host` of this machine.
 */

import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { isLoopbackAuthority } from '../core/host.ts';

/** Whether a request was sent by a program on this machine, for itself. */
export type IsLocalRequest = (request: LocalRequestFacts) => boolean;

/** What of a request is looked at. */
export type LocalRequestFacts = Pick<IncomingMessage, 'headers' | 'httpVersion'> & {
  readonly socket: Pick<IncomingMessage['socket'], 'remoteAddress'>;
};

/**
 * What proxies, load balancers and content networks add for whom they ask, by the families of names that they use. With any of
 * them the peer is not who asks; no program that reads metrics sends one by itself.
 */
const FORWARDING_HEADERS = [
  'forwarded',
  'via',
  'x-forwarded(?:-.*)?',
  'x-(?:real|original|client|cluster|remote|proxy|proxied)-.*',
  'x-(?:host|scheme|rewrite-url|varnish)',
  'x-(?:envoy|amzn|arr|azure|appengine|cloud|accel|nginx)-.*',
  '(?:true-)?client-ip',
  'remote-addr',
  '(?:wl-)?proxy-.*',
  '(?:akamai|cdn|cf|fastly|fly|incap)-.*',
  'do-connecting-ip',
];
const FORWARDING_HEADER = new RegExp(`^(?:${FORWARDING_HEADERS.join('|')})$`);

/**
 * @param trustedProxies addresses and subnets. Where one is of this machine, a proxy is known to be here, and no request counts
 *   as local.
 */
export function createLocalRequestTest(trustedProxies: readonly string[]): IsLocalRequest {
  const loopback = toBlockList(['127.0.0.0/8', '::1']);
  if (trustedProxies.some((subnet) => overlap(subnet, loopback))) return () => false;
  return ({ socket, headers, httpVersion }) =>
    contains(loopback, socket.remoteAddress ?? '') &&
    // nginx asks by 1.0 unless it is told otherwise, and adds nothing unless it is told to.
    httpVersion !== '1.0' &&
    isLoopbackAuthority(headers.host) &&
    !Object.keys(headers).some((name) => FORWARDING_HEADER.test(name));
}

/** Two subnets that have an address in common are one inside the other. */
function overlap(subnet: string, loopback: BlockList): boolean {
  const [address = ''] = subnet.split('/');
  const trusted = toBlockList([subnet]);
  return contains(loopback, address) || contains(trusted, '127.0.0.1') || contains(trusted, '::1');
}

function toBlockList(subnets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [address = '', length] = subnet.split('/');
    const family = familyOf(address);
    list.addSubnet(address, length === undefined ? WHOLE_LENGTHS[family] : Number(length), family);
  }
  return list;
}

/** By its number: an IPv4 address in the form of IPv6 is the same. */
function contains(list: BlockList, address: string): boolean {
  return isIP(address) !== 0 && list.check(address, familyOf(address));
}

const WHOLE_LENGTHS = { ipv4: 32, ipv6: 128 } as const;

function familyOf(address: string): keyof typeof WHOLE_LENGTHS {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
