/** How requests come in: by TLS of our own or in plain HTTP, directly or through proxies. */

import { BlockList, isIP } from 'node:net';
import { splitList } from './forms.ts';
import type { SettingReader } from './reader.ts';

export interface TransportSettings {
  /** PEM files for TLS of our own; `undefined`: plain HTTP. */
  readonly tls: { readonly certPath: string; readonly keyPath: string } | undefined;
  /** Addresses and subnets of proxies whose `X-Forwarded-For` is believed; none by default. */
  readonly trustedProxies: readonly string[];
}

/** Faults: one half of a certificate and its key, and what is no address. */
export function parseTransport(reader: SettingReader): TransportSettings {
  return { tls: parseTls(reader), trustedProxies: reader.value('trustProxy', findProxies, PROXIES_FORM) };
}

function parseTls({ settings, faults }: SettingReader): TransportSettings['tls'] {
  const { text: certPath } = settings.tlsCertPath;
  const { text: keyPath } = settings.tlsKeyPath;
  if (certPath !== undefined && keyPath !== undefined) return { certPath, keyPath };
  if (certPath !== keyPath) {
    faults.contradict(
      [settings.tlsCertPath, settings.tlsKeyPath],
      'set together: TLS needs a certificate and its key',
    );
  }
  return undefined;
}

const PROXIES_FORM =
  '"none", or a comma separated list of IP addresses and subnets, as 10.0.0.7 or 10.1.0.0/16, none of them everybody';

function findProxies(text: string): readonly string[] | undefined {
  if (text.toLowerCase() === 'none') return [];
  const proxies = splitList(text);
  return proxies.length > 0 && proxies.every(isAddressOrSubnet) ? proxies : undefined;
}

/** A subnet of everybody is none: whoever asks could then choose the address that is logged. */
function isAddressOrSubnet(text: string): boolean {
  const [address = '', length, ...more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || address.includes('%') || more.length > 0) return false;
  if (length === undefined) return true;
  const isLength = /^[1-9]\d{0,2}$/.test(length) && Number(length) <= (version === 4 ? 32 : 128);
  return isLength && !(version === 6 && holdsAllOfIPv4(address, Number(length)));
}

/** Whether the first and the last IPv4 address, as IPv6 writes them (`::ffff:0.0.0.0`), are both in a subnet of IPv6. */
function holdsAllOfIPv4(address: string, length: number): boolean {
  const subnet = new BlockList();
  subnet.addSubnet(address, length, 'ipv6');
  return ['0.0.0.0', '255.255.255.255'].every((one) => subnet.check(`::ffff:${one}`, 'ipv6'));
}
