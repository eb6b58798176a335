/**
 * The one undici dispatcher behind every outgoing call: Entra ID, Defender and the blob store.
 *
 * Proxy: https goes through `httpsProxy` unless `noProxy` names the host; http, which is only ever spoken to
 * this machine and to a managed-identity endpoint, never does. Private authorities need nothing here: Node
 * itself adds NODE_EXTRA_CA_CERTS to the certificates that every TLS connection trusts.
 */

import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici';
import { MINUTE_MS, SECOND_MS } from '../core/units.ts';

export interface UpstreamDispatcherOptions {
  readonly proxy: {
    /** `HTTPS_PROXY`; may hold user name and password. */
    readonly httpsProxy?: string;
    /** `NO_PROXY`: hosts and suffixes separated by commas, `*` for all. */
    readonly noProxy?: string;
  };
  readonly timeouts?: {
    /** To a connection, TLS included. Default 15 s. */
    readonly connectMs?: number;
    /** From the request to the first byte. Default 2 min: Defender prepares large pages before it answers. */
    readonly headersMs?: number;
    /** Between two pieces of a body. Default 1 min. */
    readonly bodyMs?: number;
  };
}

/** The caller closes it. Throws a TypeError when the proxy is no URL. */
export function createUpstreamDispatcher({ proxy, timeouts = {} }: UpstreamDispatcherOptions): Dispatcher {
  const agentOptions: Agent.Options = {
    connectTimeout: timeouts.connectMs ?? 15 * SECOND_MS,
    headersTimeout: timeouts.headersMs ?? 2 * MINUTE_MS,
    bodyTimeout: timeouts.bodyMs ?? MINUTE_MS,
    keepAliveTimeout: 30 * SECOND_MS,
    keepAliveMaxTimeout: 5 * MINUTE_MS,
    // One body a connection: with HTTP/2 a slow download would share the flow-control window of the next one.
    allowH2: false,
  };
  if (proxy.httpsProxy === undefined || proxy.httpsProxy === '') return new Agent(agentOptions);
  // Empty strings keep undici from reading the environment by itself.
  return new EnvHttpProxyAgent({
    ...agentOptions,
    httpProxy: '',
    httpsProxy: proxy.httpsProxy,
    noProxy: proxy.noProxy ?? '',
  });
}

/** The User-Agent of every call to Microsoft. */
export function toUserAgent(version: string): string {
  return `defender-certificate-gateway/${version}`;
}
