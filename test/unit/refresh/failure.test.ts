import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GatewayError } from '../../../src/core/errors.ts';
import { toGatewayError } from '../../../src/refresh/failure.ts';

describe('failures of a refresh', () => {
  it('are kept as they are when they are ours', () => {
    const error = new GatewayError('UPSTREAM_TIMEOUT', 'Too slow.');
    assert.equal(toGatewayError(error), error);
  });

  it('name the lack of memory when the system has none to give', () => {
    let cause: unknown;
    try {
      // 4 PiB: more than any address space of a process.
      new ArrayBuffer(2 ** 52);
    } catch (error) {
      cause = error;
    }
    const { code, message, retryable, cause: kept } = toGatewayError(cause);
    assert.deepEqual(
      [code, message, retryable, kept],
      [
        'INTERNAL_SERVER_ERROR',
        'The refresh ran out of memory. The served snapshot stays. Give the process more memory, then refresh again.',
        false,
        cause,
      ],
    );
  });

  it('say nothing of what is not ours: it may hold a secret', () => {
    const { message, cause } = toGatewayError(new Error('sig=SECRET'));
    assert.doesNotMatch(message, /SECRET/);
    assert.ok(cause instanceof Error);
  });
});
