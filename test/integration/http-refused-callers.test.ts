/** What a refusal says of the inventory, to a caller who may read it and to one who may not. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ANONYMOUS_CALLER, type Caller, type Right } from '../../src/core/caller.ts';
import { CallerRefusedError } from '../../src/core/caller-refused.ts';
import { GatewayError } from '../../src/core/errors.ts';
import { createHttpFixture, SERVED_SNAPSHOT } from '../support/http-fixture.ts';

/** A caller with the rights that its "token" lists, `nothing` for one without a grant. */
function identify(authorization: string | undefined): Caller {
  if (authorization === undefined) {
    throw new CallerRefusedError('UNAUTHENTICATED', 'who?', { reason: 'TOKEN_MISSING' });
  }
  const names = authorization.slice('Bearer '.length);
  if (names === 'nothing') throw new CallerRefusedError('FORBIDDEN', 'no grant', { reason: 'NO_GRANT' });
  if (names === 'unknown') throw new GatewayError('IDENTITY_UNAVAILABLE', 'no keys');
  const rights = new Set(names.split(',') as Right[]);
  return { ...ANONYMOUS_CALLER, id: 'somebody', kind: 'USER', rights };
}

/** Everything of the snapshot that an answer could give away. */
const SECRETS = Object.values(SERVED_SNAPSHOT.extension).map((value) => JSON.stringify(value));

/** Requests that are refused at different steps. */
const REFUSED: Readonly<Record<string, { readonly status: number; readonly init: RequestInit }>> = {
  'an Accept that fits nothing': { status: 406, init: { headers: { accept: 'text/html' } } },
  'another method': { status: 405, init: { method: 'PUT' } },
  'a compressed body': { status: 415, init: { headers: { 'content-encoding': 'gzip' } } },
  'a body that is no JSON': { status: 400, init: { body: '{' } },
  'a form': { status: 415, init: { headers: { 'content-type': 'text/plain' } } },
  'a list of operations': { status: 400, init: { body: '[{"query":"{ greeting }"}]' } },
  'no query': { status: 400, init: { body: '{}' } },
};

async function send(url: string, { headers, ...init }: RequestInit, authorization?: string) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    body: '{"query":"{ greeting }"}',
    ...init,
    headers: {
      'content-type': 'application/json',
      ...(headers as Record<string, string>),
      ...(authorization === undefined ? {} : { authorization: `Bearer ${authorization}` }),
    },
  });
  const text = await response.text();
  return { status: response.status, text, extensions: JSON.parse(text).extensions };
}

const tells = (text: string) => SECRETS.some((secret) => text.includes(secret));

describe('a refusal says nothing of the snapshot', () => {
  for (const [authorization, status] of [
    [undefined, 401],
    ['nothing', 403],
    ['unknown', 503],
  ] as const) {
    it(`to a caller who is refused with ${status}`, async () => {
      await using fixture = await createHttpFixture({ http: { identify } });
      const refused = await send(fixture.url, {}, authorization);
      assert.equal(refused.status, status);
      assert.equal(refused.extensions.snapshot, null);
      assert.equal(tells(refused.text), false, refused.text);
    });
  }

  for (const [name, { status, init }] of Object.entries(REFUSED)) {
    it(`for ${name}, to a caller who may not read`, async () => {
      await using fixture = await createHttpFixture({ http: { identify } });
      const refused = await send(fixture.url, init, 'Inventory.Operate,Inventory.Refresh');
      assert.equal(refused.status, status);
      assert.equal(refused.extensions.snapshot, null);
      assert.equal(tells(refused.text), false, refused.text);
    });
  }
});

describe('a refusal names the snapshot', () => {
  for (const name of ['a body that is no JSON', 'a form', 'a list of operations', 'no query']) {
    it(`for ${name}, to a caller who may read`, async () => {
      await using fixture = await createHttpFixture({ http: { identify } });
      const { status, init } = REFUSED[name]!;
      const refused = await send(fixture.url, init, 'Inventory.Read');
      assert.equal(refused.status, status);
      assert.deepEqual(refused.extensions.snapshot, SERVED_SNAPSHOT.extension);
    });
  }
});
