/** A tiny Entra ID: answers of the token endpoint, and a token source that asks it. */

import { Agent } from 'undici';
import type { Credential } from '../../src/defender/credential.ts';
import { createRetryPolicy } from '../../src/defender/retry.ts';
import type { SignInPrompt } from '../../src/defender/sign-in.ts';
import type { TokenCacheStore } from '../../src/defender/token-cache.ts';
import { createTokenSource, type TokenSource } from '../../src/defender/token-source.ts';
import { createManualClock, type ManualClock } from './manual-clock.ts';
import { createRecordingLogger, type RecordingLogger } from './recording-logger.ts';
import { type Answer, replyJson, startUpstream, type UpstreamServer } from './upstream-server.ts';

export const TENANT_ID = '11111111-2222-4333-8444-555555555555';
export const CLIENT_ID = '99999999-8888-4777-8666-555555555555';
const SECRET: Credential = { kind: 'secret', secret: 'S3CRET' };
export const TOKEN_PATH = `/${TENANT_ID}/oauth2/v2.0/token`;

/** An unsigned JWT; nobody here verifies one. */
export function toJwt(claims: Readonly<Record<string, unknown>>): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part(claims)}.x`;
}

/** Tokens with a serial number, valid for an hour. */
export function issueTokens(claims: Readonly<Record<string, unknown>> = {}): Answer {
  let serial = 0;
  return (request, response) => {
    serial += 1;
    const accessToken = toJwt({ appid: CLIENT_ID, roles: ['Vulnerability.Read.All'], serial, ...claims });
    return replyJson(200, {
      token_type: 'Bearer',
      expires_in: 3_600,
      ext_expires_in: 3_600,
      access_token: accessToken,
    })(request, response);
  };
}

/** A refusal as Entra ID words it. */
export function refuseToken(status: number, error: string, number: number): Answer {
  return replyJson(status, {
    error,
    error_description: `AADSTS${number}: Something in the language of the tenant. Trace ID: 0 Timestamp: now`,
    error_codes: [number],
    correlation_id: 'c',
  });
}

export function serialOf(token: { readonly token: string }): number {
  return JSON.parse(Buffer.from(token.token.split('.')[1] ?? '', 'base64url').toString()).serial;
}

export interface EntraFixture extends AsyncDisposable {
  readonly server: UpstreamServer;
  readonly clock: ManualClock;
  readonly log: RecordingLogger;
  readonly prompts: SignInPrompt[];
  /** A token source of its own over the same server. */
  createTokens(options?: {
    credential?: Credential;
    cache?: TokenCacheStore;
    /** In place of the time that an answer may take. */
    headersTimeoutMs?: number;
  }): TokenSource;
}

export async function createEntraFixture(answer: Answer = issueTokens()): Promise<EntraFixture> {
  const server = await startUpstream(answer);
  const dispatcher = new Agent();
  const clock = createManualClock(Date.UTC(2026, 0, 1), { autoAdvance: true });
  const log = createRecordingLogger();
  const prompts: SignInPrompt[] = [];
  return {
    server,
    clock,
    log,
    prompts,
    createTokens: ({ credential = SECRET, cache = createMemoryStore(), headersTimeoutMs } = {}) =>
      createTokenSource({
        tenantId: TENANT_ID,
        clientId: CLIENT_ID,
        credential,
        authorityHost: new URL(server.url),
        scope: 'https://api.securitycenter.microsoft.com/.default',
        dispatcher:
          headersTimeoutMs === undefined
            ? dispatcher
            : dispatcher.compose(
                (dispatch) => (request, handler) =>
                  dispatch({ ...request, headersTimeout: headersTimeoutMs }, handler),
              ),
        userAgent: 'test/1',
        retry: createRetryPolicy({ clock, random: () => 0.5, log }),
        cache,
        clock,
        log,
        prompt: (prompt) => prompts.push(prompt),
      }),
    [Symbol.asyncDispose]: async () => {
      await dispatcher.destroy();
      await server[Symbol.asyncDispose]();
    },
  };
}

export interface MemoryStore extends TokenCacheStore {
  saved: string | undefined;
  saves: number;
}

export function createMemoryStore(): MemoryStore {
  const store: MemoryStore = {
    saved: undefined,
    saves: 0,
    load: async () => store.saved,
    save: async (serialized) => {
      store.saved = serialized;
      store.saves += 1;
    },
  };
  return store;
}
