/**
 * Records of calls in Redis, for all gateways that share it: a script that looks and records in one step, by the
 * clock of the server, since the gateways' clocks differ.
 *
 *   defender-certificate-gateway:calls:{<scope>}:<endpoint>            sorted set: a member a call, its time the score
 *   defender-certificate-gateway:calls:{<scope>}:<endpoint>:throttled  the milliseconds that were asked for; expires
 *
 * Keys expire by themselves. Needs Redis 5 or later (or Valkey): older ones do not let a script write after it has
 * asked for the time.
 */

import { randomUUID } from 'node:crypto';
import { HOUR_MS, MINUTE_MS } from '../core/units.ts';
import { type CallRecordStore, type CallWindows, type KnownCalls, TOLERANCE_MS } from './call-records.ts';
import type { RedisConnection } from './redis-connection.ts';
import { REDIS_KEY_PREFIX } from './redis-store.ts';
import { storeCorrupt } from './store-errors.ts';

/**
 * KEYS calls, throttled. ARGV id of the call, limit a minute, limit an hour (0: record none), known wait, then the known
 * ages, oldest first. Answers 1 or 0 for granted, the wait, the ages.
 *
 * What is later than now is from before the server's clock was set back: it becomes now, and a wait no longer than it
 * was asked for.
 */
const SCRIPT = `
local calls, throttled = KEYS[1], KEYS[2]
local id, per_minute, per_hour, known_wait = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local known = #ARGV - 4
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local after = function(ms) return '(' .. string.format('%.0f', ms) end

for _, member in ipairs(redis.call('ZRANGEBYSCORE', calls, after(now), '+inf')) do
  redis.call('ZADD', calls, now, member)
end
redis.call('ZREMRANGEBYSCORE', calls, '-inf', now - ${HOUR_MS})

local asked = tonumber(redis.call('GET', throttled) or '0')
local wait = math.max(0, redis.call('PTTL', throttled))
if wait > asked then
  wait = asked
  redis.call('PEXPIRE', throttled, wait)
end
if known_wait > wait and (wait == 0 or known_wait > wait + ${TOLERANCE_MS}) then
  wait = known_wait
  redis.call('SET', throttled, wait, 'PX', wait)
end

local missing = known - redis.call('ZCARD', calls)
for index = 1, missing do
  redis.call('ZADD', calls, now - tonumber(ARGV[4 + index]), id .. ':' .. index)
end
local recorded = redis.call('ZRANGE', calls, 0, -1, 'WITHSCORES')
for index = 0, known - 1 do
  local known_at = now - tonumber(ARGV[#ARGV - index])
  local place = #recorded - 2 * index
  if known_at > tonumber(recorded[place]) + ${TOLERANCE_MS} then
    redis.call('ZADD', calls, known_at, recorded[place - 1])
  end
end

local granted = 0
if wait == 0 and redis.call('ZCARD', calls) < per_hour
    and redis.call('ZCOUNT', calls, after(now - ${MINUTE_MS}), '+inf') < per_minute then
  redis.call('ZADD', calls, now, id)
  granted = 1
end
if granted == 1 or missing > 0 then redis.call('PEXPIRE', calls, ${HOUR_MS}) end

local answer = { granted, wait }
recorded = redis.call('ZRANGE', calls, 0, -1, 'WITHSCORES')
for index = 2, #recorded, 2 do answer[#answer + 1] = now - tonumber(recorded[index]) end
return answer
`;

/** @param options.scope application and service, as one word without secrets */
export function createRedisCallRecords(options: {
  readonly connection: RedisConnection;
  readonly scope: string;
}): CallRecordStore {
  const { connection, scope } = options;

  async function exchange(endpoint: string, known: KnownCalls, windows: CallWindows) {
    // The braces keep both keys on one node of a cluster.
    const calls = `${REDIS_KEY_PREFIX}:calls:{${scope}}:${endpoint.toLowerCase()}`;
    const numbers = [windows.perMinute, windows.perHour, known.throttledForMs, ...known.agesMs];
    const answer = await connection.run('recording a call', () =>
      connection.client.eval(SCRIPT, {
        keys: [calls, `${calls}:throttled`],
        arguments: [randomUUID(), ...numbers.map((number) => String(Math.round(number)))],
      }),
    );
    const [granted, throttledForMs, ...agesMs] = toNumbers(answer);
    if (granted === undefined || throttledForMs === undefined)
      throw storeCorrupt('The answer to recording a call', 'it says nothing');
    return { agesMs, throttledForMs, granted: granted === 1 };
  }

  return {
    record: exchange,
    merge: async (endpoint, known) => {
      const { agesMs, throttledForMs } = await exchange(endpoint, known, { perMinute: 0, perHour: 0 });
      return { agesMs, throttledForMs };
    },
  };
}

function toNumbers(answer: unknown): readonly number[] {
  return Array.isArray(answer) ? answer.map(Number) : [];
}
