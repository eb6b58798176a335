import assert from 'node:assert/strict';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseOptions, toShortCount } from '../../../bench/options.ts';

const KNOWN = ['ingest', 'queries'];

test('without arguments all benchmarks run, three times over a million records', () => {
  const options = parseOptions([], KNOWN);
  assert.deepEqual(options.names, KNOWN);
  assert.equal(options.records, 1_000_000);
  assert.equal(options.rounds, 3);
  assert.equal(options.threads, availableParallelism());
  assert.equal(options.cacheFolder, join(tmpdir(), 'gateway-bench'));
  assert.match(options.outputFolder ?? '', /bench\/results$/);
});

test('a number of records has a suffix or none, and shows in names of files as it was written', () => {
  for (const [text, records] of [
    ['20k', 20_000],
    ['1m', 1_000_000],
    ['1.5M', 1_500_000],
    ['250000', 250_000],
  ] as const) {
    assert.equal(parseOptions(['--records', text], KNOWN).records, records);
  }
  assert.deepEqual([20_000, 1_000_000, 10_000_000, 1_234].map(toShortCount), ['20k', '1m', '10m', '1234']);
});

test('many records and a quick run are measured once', () => {
  assert.equal(parseOptions(['--records', '10m'], KNOWN).rounds, 1);
  assert.equal(parseOptions(['--quick'], KNOWN).rounds, 1);
  assert.equal(parseOptions(['--records', '10m', '--rounds', '2'], KNOWN).rounds, 2);
});

test('a quick run writes a result only where it is told to', () => {
  assert.equal(parseOptions(['--quick'], KNOWN).outputFolder, null);
  assert.equal(parseOptions(['--quick', '--out', 'here'], KNOWN).outputFolder, 'here');
});

test('every fault of the arguments is named at once', () => {
  assert.throws(() => parseOptions(['ingst', '--records', '10x', '--threads', '0'], KNOWN), {
    message: [
      'There is no benchmark ingst; there are: ingest, queries.',
      '--records: expected 2k to 100m, as in 100k, 1m or 250000, but got: 10x.',
      '--threads: expected a whole number from 1 to 999, but got: 0.',
    ].join('\n'),
  });
});
