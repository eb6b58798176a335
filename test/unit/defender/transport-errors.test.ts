import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { errors } from 'undici';
import { GatewayError } from '../../../src/core/errors.ts';
import { toTransportError } from '../../../src/defender/transport-errors.ts';

function withCode(code: string, message = 'x', cause?: unknown): Error {
  return Object.assign(new Error(message, { cause }), { code });
}

function describeFailure(error: unknown) {
  const failure = toTransportError(error, 'the export endpoint');
  assert.ok(failure instanceof GatewayError);
  return [failure.code, failure.retryable, failure.message];
}

describe('failures below HTTP', () => {
  it('tells hosts that cannot be reached', () => {
    const message = (code: string) =>
      `The export endpoint could not be reached (${code}). Check the host name, the firewall and HTTPS_PROXY.`;
    for (const code of ['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT']) {
      assert.deepEqual(describeFailure(withCode(code)), ['UPSTREAM_UNREACHABLE', true, message(code)]);
    }
    const nested = new AggregateError([withCode('ECONNREFUSED'), withCode('ENETUNREACH')]);
    assert.deepEqual(describeFailure(new TypeError('fetch failed', { cause: nested })), [
      'UPSTREAM_UNREACHABLE',
      true,
      message('ECONNREFUSED'),
    ]);
    const early = withCode(
      'ECONNRESET',
      'Client network socket disconnected before secure TLS connection was established',
    );
    assert.deepEqual(describeFailure(early), ['UPSTREAM_UNREACHABLE', true, message('ECONNRESET')]);
  });

  it('tells a proxy that refuses', () => {
    assert.deepEqual(
      describeFailure(new errors.RequestAbortedError('Proxy response (407) !== 200 when HTTP Tunneling')),
      [
        'UPSTREAM_UNREACHABLE',
        true,
        'The export endpoint could not be reached: the proxy answered 407. Check HTTPS_PROXY and what the proxy allows.',
      ],
    );
  });

  it('tells certificates that are not trusted, which no retry cures', () => {
    for (const code of [
      'SELF_SIGNED_CERT_IN_CHAIN',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'CERT_HAS_EXPIRED',
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ]) {
      assert.deepEqual(describeFailure(withCode(code)), [
        'UPSTREAM_UNREACHABLE',
        false,
        `The export endpoint could not be reached: its TLS certificate is not trusted (${code}). If a proxy or a private authority signs it, name that authority's certificate in NODE_EXTRA_CA_CERTS.`,
      ]);
    }
  });

  it('tells timeouts', () => {
    assert.deepEqual(describeFailure(new errors.HeadersTimeoutError()), [
      'UPSTREAM_TIMEOUT',
      true,
      'The export endpoint did not answer in time (UND_ERR_HEADERS_TIMEOUT).',
    ]);
    assert.deepEqual(describeFailure(new errors.BodyTimeoutError()).slice(0, 1), ['UPSTREAM_TIMEOUT']);
  });

  it('takes everything else for a broken connection, without secrets', () => {
    assert.deepEqual(describeFailure(withCode('ECONNRESET', 'read ECONNRESET')), [
      'UPSTREAM_CONNECTION_LOST',
      true,
      'The export endpoint broke off (ECONNRESET: read ECONNRESET).',
    ]);
    assert.doesNotMatch(String(describeFailure(withCode('X', 'at https://h/p?sig=SECRET'))), /SECRET/);
  });

  it('keeps our own errors and the reason of an aborted signal', () => {
    const ours = new GatewayError('UPSTREAM_FORBIDDEN', 'No.');
    assert.equal(toTransportError(ours, 'x'), ours);
    const reason = new Error('stopped');
    assert.equal(toTransportError(withCode('ECONNRESET'), 'x', AbortSignal.abort(reason)), reason);
  });

  it('survives a thrown non-error', () => {
    assert.deepEqual(describeFailure('text'), [
      'UPSTREAM_CONNECTION_LOST',
      true,
      'The export endpoint broke off (unknown: text).',
    ]);
  });
});
