/**
 * For a gateway that lets in whoever reaches it, from this machine alone: it answers no request for a host of another name.
 *
 * A browser on this machine reaches it too, whatever page it shows. A page whose name is made to point at this machine (DNS
 * rebinding) is of the same origin as what is served here, and may read it; its name stands in `Host`, which no page can change.
 */

import type { FastifyInstance } from 'fastify';
import { GatewayError, printValue } from '../core/errors.ts';
import { isLoopbackAuthority } from '../core/host.ts';
import { GRAPHQL_PATH } from './graphql-route.ts';

/** Added when what was registered before is ready; holds for every path, those with nothing at them included. */
export function addLoopbackGuard(server: FastifyInstance): void {
  server.after(() => {
    server.addHook('onRequest', async (request, reply) => {
      const { host } = request.headers;
      if (isLoopbackAuthority(host)) return;
      const error = misdirected(host);
      server.log.info(
        { event: 'host_refused', requestId: request.id },
        'a request for another host is refused',
      );
      // The graph has a form of its own for it.
      if (request.routeOptions.url === GRAPHQL_PATH) throw error;
      reply.code(421).header('cache-control', 'no-store').send({ code: error.code, message: error.message });
    });
  });
}

function misdirected(host: string | undefined): GatewayError {
  return new GatewayError(
    'MISDIRECTED_REQUEST',
    'Host must be localhost, 127.0.0.1 or [::1], with or without a port, while callers are not identified, ' +
      `but got: ${printValue(host)}. Ask for http://127.0.0.1; to serve another name, the operator sets AUTH_MODE=entra, or ` +
      'AUTH_ALLOW_ANONYMOUS=true behind something that identifies callers.',
    { rule: 'be a name or an address of this machine', value: printValue(host) },
  );
}
