/** Faults of Entra ID and of the managed identity endpoint. */

import type { OAuthErrorNumber } from '../tenant/oauth-errors.ts';
import { alterText, html, json, signInError } from './fault-replies.ts';
import { type NamedFault, onCalls } from './named-fault.ts';

export const SIGN_IN_FAULTS = {
  'sign-in-7000215': refused(7000215, 'a client secret that is wrong'),
  'sign-in-7000222': refused(7000222, 'a client secret that has expired'),
  'sign-in-700016': refused(700016, 'an application that the tenant does not know'),
  'sign-in-7000112': refused(7000112, 'an application that is disabled'),
  'sign-in-90002': refused(90002, 'a tenant that is not known'),
  'sign-in-900023': refused(900023, 'a tenant whose name is malformed'),
  'sign-in-70011': refused(70011, 'a scope that is not valid'),
  'sign-in-1002012': refused(1002012, 'a scope that does not end in /.default'),
  'sign-in-500011': refused(500011, 'a scope of an API that the tenant does not have'),
  'sign-in-700024': refused(700024, 'an assertion that is not valid yet, or no longer: clocks that differ'),
  'sign-in-700027': refused(700027, 'a certificate assertion that is refused'),
  'sign-in-700213': refused(700213, 'a federated credential that is not registered'),
  'sign-in-65001': refused(65001, 'missing consent'),
  'sign-in-50013': refused(50013, 'an assertion with a wrong signature'),
  'sign-in-50076': refused(50076, 'a second factor that is asked for'),
  'sign-in-90033': refused(90033, 'a passing error of Entra ID'),
  'sign-in-throttled': onCalls(
    22,
    'a 429 of Entra ID that names 30 s',
    'token',
    json(429, '{"error":"too_many_requests"}', { 'retry-after': '30' }),
  ),
  'sign-in-502': onCalls(22, 'a 502 with HTML in place of Entra ID', 'token', html(502)),
  'sign-in-html': onCalls(22, 'HTML under 200 in place of a token', 'token', html(200)),
  'sign-in-hang': onCalls(22, 'a token that never comes', 'token', { kind: 'hang' }),
  'sign-in-reset': onCalls(22, 'a connection to Entra ID that is reset', 'token', { kind: 'reset' }),
  'identity-404': onCalls(
    22,
    'a managed identity endpoint that is not there yet (404)',
    'managedIdentity',
    json(404, '{"statusCode":404,"message":"Not Found"}'),
  ),
  'identity-without-resource': onCalls(
    22,
    'a managed identity endpoint that does not repeat the resource',
    'managedIdentity',
    alterText((text) => {
      const { resource: _, ...token } = JSON.parse(text) as Record<string, unknown>;
      return JSON.stringify(token);
    }),
  ),
} as const satisfies Record<string, NamedFault>;

function refused(errorNumber: OAuthErrorNumber, about: string): NamedFault {
  return onCalls(22, `${about} (AADSTS${errorNumber})`, 'token', (target) =>
    signInError(errorNumber, target.now()),
  );
}
