/**
 * What Entra ID's refusals mean and what an operator can do about each. The OAuth error decides first: the
 * AADSTS numbers, which Microsoft calls unstable, only choose between texts.
 *
 * Source: Microsoft's page "Microsoft Entra authentication and authorization error codes".
 */

import { type ErrorCode, GatewayError } from '../core/errors.ts';
import { redact } from '../core/redaction.ts';
import type { Credential } from './credential.ts';

/** What is left of a failed sign-in when the network is not to blame. */
export interface SignInRefusal {
  /** OAuth `error`, or MSAL's own code. */
  readonly error: string;
  /** The AADSTS number, when there is one. */
  readonly number: string;
  /** Free text; may change at any time. */
  readonly description: string;
}

const SETTING: Readonly<Record<Credential['kind'], string>> = {
  secret: 'AZURE_CLIENT_SECRET',
  certificate: 'AZURE_CLIENT_CERTIFICATE_PATH',
  federated: 'AZURE_FEDERATED_TOKEN_FILE',
  managedIdentity: 'AZURE_USE_MANAGED_IDENTITY',
  deviceCode: 'AZURE_USE_DEVICE_CODE',
};

const REJECTED_CREDENTIAL: Readonly<Record<Credential['kind'], string>> = {
  secret: 'Check AZURE_CLIENT_SECRET: it must be the value of a secret of this application, not its id',
  certificate:
    'Upload the certificate in AZURE_CLIENT_CERTIFICATE_PATH to this application, and check that it has not expired',
  federated:
    'Add a federated credential to this application whose issuer, subject and audience are those of the token in AZURE_FEDERATED_TOKEN_FILE',
  managedIdentity:
    'Assign a managed identity to this machine; with AZURE_CLIENT_ID set, that user-assigned one',
  deviceCode: 'Allow public client flows for this application, or set one of the other credentials',
};

/** The refusal as a {@link GatewayError} whose message says which setting to look at. */
export function toSignInError(
  refusal: SignInRefusal,
  kind: Credential['kind'],
  cause: unknown,
): GatewayError {
  const quote = describe(refusal);
  const refuse = (code: ErrorCode, message: string): GatewayError =>
    new GatewayError(code, message, { cause });
  switch (refusal.number) {
    case '7000222':
      return refuse(
        'UPSTREAM_CREDENTIAL_REJECTED',
        `Entra ID says that the client secret has expired${quote}. Create a new one and put its value into AZURE_CLIENT_SECRET.`,
      );
    case '700016':
      return refuse(
        'UPSTREAM_CREDENTIAL_REJECTED',
        `Entra ID does not know the application in this tenant${quote}. Check AZURE_CLIENT_ID and AZURE_TENANT_ID.`,
      );
    case '7000112':
      return refuse(
        'UPSTREAM_CREDENTIAL_REJECTED',
        `Entra ID says that the application is disabled${quote}. Enable its service principal in the tenant.`,
      );
    case '90002':
    case '900023':
      return refuse(
        'UPSTREAM_TENANT_NOT_FOUND',
        `Entra ID does not know the tenant${quote}. Check AZURE_TENANT_ID, and AZURE_AUTHORITY_HOST for a sovereign cloud.`,
      );
    case '70011':
    case '1002012':
    case '500011':
      return scopeRejected(quote, refuse);
    case '700024':
      return refuse(
        'UPSTREAM_CREDENTIAL_REJECTED',
        `Entra ID says that the assertion is not valid at this time${quote}. Check the clock of this machine; of a federated token also whether AZURE_FEDERATED_TOKEN_FILE is renewed.`,
      );
  }
  switch (refusal.error) {
    case 'invalid_client':
      return refuse(
        'UPSTREAM_CREDENTIAL_REJECTED',
        `Entra ID rejected the credential${quote}. ${REJECTED_CREDENTIAL[kind]}.`,
      );
    case 'unauthorized_client':
      return refuse(
        'UPSTREAM_CREDENTIAL_REJECTED',
        `Entra ID does not let this application sign in${quote}. Check AZURE_CLIENT_ID and AZURE_TENANT_ID, and that the application is enabled.`,
      );
    case 'invalid_scope':
    case 'invalid_resource':
      return scopeRejected(quote, refuse);
    case 'interaction_required':
    case 'consent_required':
    case 'login_required':
    case 'invalid_grant':
      return refuse(
        'UPSTREAM_TOKEN_FAILED',
        `Entra ID asks for an interaction or consent${quote}. Have an administrator consent to the permission, then sign in again.`,
      );
  }
  return kind === 'managedIdentity'
    ? refuse(
        'UPSTREAM_CREDENTIAL_REJECTED',
        `The managed identity endpoint gave no token${quote}. ${REJECTED_CREDENTIAL.managedIdentity}.`,
      )
    : refuse(
        'UPSTREAM_TOKEN_FAILED',
        `Entra ID gave no token${quote}. Check ${SETTING[kind]}, AZURE_CLIENT_ID and AZURE_TENANT_ID.`,
      );
}

function scopeRejected(
  quote: string,
  refuse: (code: ErrorCode, message: string) => GatewayError,
): GatewayError {
  return refuse(
    'UPSTREAM_SCOPE_REJECTED',
    `Entra ID rejected the scope${quote}. Check DEFENDER_SCOPE: it must name an API that exists in this tenant and cloud, and end in /.default.`,
  );
}

/** `: invalid_client, AADSTS7000215`, without Entra's own text, which is long, localised and full of ids. */
function describe({ error, number, description }: SignInRefusal): string {
  const aadsts = number === '' ? /AADSTS\d+/.exec(description)?.[0] : `AADSTS${number}`;
  const parts = [redact(error).slice(0, 100), aadsts ?? ''].filter((part) => part !== '');
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}
