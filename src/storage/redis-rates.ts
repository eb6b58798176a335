/**
 * The token buckets of callers in Redis, for all gateways and threads that share it: a script that pays back, looks and
 * takes in one step, by the clock of the server, since the gateways' clocks differ.
 *
 *   defender-certificate-gateway:rates:<digest of the caller>   hash: at (epoch milliseconds), requests, cost (debts)
 *
 * A key expires when its buckets are full. Needs Redis 5 or later (or Valkey), like the records of calls. The arithmetic is
 * that of `token-buckets.ts`.
 */

import { createHash } from 'node:crypto';
import type { RateAmounts, RateLimiter } from '../core/rates.ts';
import { MINUTE_MS } from '../core/units.ts';
import type { RedisConnection } from './redis-connection.ts';
import { REDIS_KEY_PREFIX } from './redis-store.ts';
import { storeCorrupt } from './store-errors.ts';
import { toCountedAmount, toTakenRate } from './token-buckets.ts';

/**
 * KEYS the caller. ARGV limit of requests, limit of cost, place of the kind to take from (1, 2), amount. Answers 1 or 0 for
 * granted, then the debts.
 *
 * What is later than now is from before the server's clock was set back: it becomes now, and expires anew.
 */
const SCRIPT = `
local limits = { tonumber(ARGV[1]), tonumber(ARGV[2]) }
local place, amount = tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local stored = redis.call('HMGET', KEYS[1], 'at', 'requests', 'cost')
local elapsed = math.max(0, now - (tonumber(stored[1] or '') or now))

local debts = {}
for index, limit in ipairs(limits) do
  local debt = tonumber(stored[index + 1] or '') or 0
  debts[index] = limit == 0 and 0 or math.max(0, debt - elapsed * limit)
end

local granted = 1
if limits[place] > 0 then
  local debt = debts[place] + amount * ${MINUTE_MS}
  if debt > limits[place] * ${MINUTE_MS} then granted = 0 else debts[place] = debt end
end

local full_after = 0
for index, limit in ipairs(limits) do
  if limit > 0 then full_after = math.max(full_after, math.ceil(debts[index] / limit)) end
end
if full_after > 0 then
  redis.call('HSET', KEYS[1], 'at', now, 'requests', debts[1], 'cost', debts[2])
  redis.call('PEXPIRE', KEYS[1], full_after)
end
return { granted, debts[1], debts[2] }
`;

const PLACES = { requests: '1', cost: '2' } as const;

/** Of a SHA-256: no two callers share a bucket by chance. */
const CALLER_DIGITS = 32;

/** Its `take` rejects with `STORE_UNAVAILABLE`, or `STORE_CORRUPT`, when Redis does not take. */
export function createRedisRates(options: {
  readonly connection: RedisConnection;
  readonly limits: RateAmounts;
}): RateLimiter {
  const { connection, limits } = options;
  return {
    limits,
    take: async (callerId, kind, amount) => {
      const counted = toCountedAmount(amount, limits[kind]);
      const numbers = [limits.requests, limits.cost].map(String);
      const answer = await connection.run('taking from the rate of a caller', () =>
        connection.client.eval(SCRIPT, {
          keys: [toKey(callerId)],
          arguments: [...numbers, PLACES[kind], String(counted)],
        }),
      );
      const [granted, requests, cost] = Array.isArray(answer) ? answer.map(Number) : [];
      if (granted === undefined || requests === undefined || cost === undefined)
        throw storeCorrupt('The answer to taking from a rate', 'it says nothing');
      return toTakenRate(granted === 1, { requests, cost }, limits, kind, counted);
    },
  };
}

function toKey(callerId: string): string {
  const digest = createHash('sha256').update(callerId).digest('hex').slice(0, CALLER_DIGITS);
  return `${REDIS_KEY_PREFIX}:rates:${digest}`;
}
