import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { SETTINGS } from '../../../src/config/env.ts';
import { createSimulator } from '../../../src/simulator/simulator.ts';
import { parseDockerfile } from '../../../tools/dockerfile.ts';

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

test('reads stages, continued lines and comments', () => {
  const stages = parseDockerfile(
    '# a comment\nFROM one AS first\nWORKDIR /app\n\nFROM two AS second\nCOPY --from=first --chown=a:b /x /y ./\nENV A=1 B=2\nHEALTHCHECK --interval=1s \\\n  CMD ["check"]\n',
  );
  assert.deepEqual(stages, [
    { image: 'one', name: 'first', instructions: [{ kind: 'workdir', path: '/app' }] },
    {
      image: 'two',
      name: 'second',
      instructions: [
        { kind: 'copy', from: 'first', sources: ['/x', '/y'], target: './' },
        { kind: 'environment', values: { A: '1', B: '2' } },
        { kind: 'healthcheck', command: ['check'] },
      ],
    },
  ]);
});

test('refuses an instruction that it cannot follow', () => {
  assert.throws(() => parseDockerfile('FROM one AS first\nADD https://example.test/x /x\n'), {
    message: 'The Dockerfile has an instruction that this proof cannot follow: ADD https://example.test/x /x',
  });
});

test('the image runs on Node 24 as an ordinary user, with production libraries only', () => {
  const stages = parseDockerfile(read('Dockerfile'));
  const gateway = stages.at(-1);
  assert.deepEqual([...new Set(stages.map(({ image }) => image))], ['node:24-slim']);
  assert.equal(gateway?.name, 'gateway');
  const find = (kind: string) => gateway?.instructions.find((one) => one.kind === kind);
  assert.deepEqual(find('user'), { kind: 'user', value: 'node' });
  assert.deepEqual(find('entrypoint'), { kind: 'entrypoint', command: ['node', 'src/main.ts'] });
  assert.match(JSON.stringify(find('healthcheck')), /\/health\/live/);
  const libraries = gateway?.instructions.find((one) => one.kind === 'copy' && one.from !== null);
  assert.equal(libraries?.kind === 'copy' ? libraries.from : undefined, 'production-libraries');
  const installation = stages.find(({ name }) => name === 'production-libraries')?.instructions.at(-1);
  assert.match(JSON.stringify(installation), /npm ci --omit=dev/);
});

test('compose builds stages that there are, and publishes the gateway on loopback only', () => {
  const compose = read('compose.yaml');
  const names = new Set(parseDockerfile(read('Dockerfile')).map(({ name }) => name));
  const targets = [...compose.matchAll(/target: (\S+) /g)].map((match) => match[1] ?? '');
  assert.deepEqual(targets, ['gateway', 'simulator']);
  for (const target of targets) assert.ok(names.has(target), target);
  for (const [, ports] of compose.matchAll(/ports: (.*)/g)) assert.match(ports ?? '', /^\["127\.0\.0\.1:/);
});

test('compose hands on every setting but those of the image, and sets none that is not there', () => {
  const [, lines = ''] = /\n {4}environment:\n((?: {6}.*\n)+)/.exec(read('compose.yaml')) ?? [];
  const settings = [...lines.matchAll(/^ {6}([A-Z_]+):(.*)$/gm)];
  const names = settings.map(([, name = '']) => name);
  const image = parseDockerfile(read('Dockerfile'))
    .at(-1)
    ?.instructions.flatMap((one) => (one.kind === 'environment' ? Object.keys(one.values) : []));
  const known = Object.values(SETTINGS).map(({ variable }) => variable);
  assert.deepEqual(image, ['HOST', 'PORT', 'DATA_DIR']);
  assert.deepEqual([...names, ...image].sort(), known.sort());
  const fixed = settings.filter(([, , value]) => value !== '').map(([, name]) => name);
  assert.deepEqual(fixed.sort(), ['AUTH_ALLOW_ANONYMOUS', 'CACHE_URL']);
});

test('the settings for the simulated tenant are those that it answers to', async () => {
  await using simulator = await createSimulator({ devices: 0 });
  const given = Object.fromEntries(
    [...read('compose.simulator.env').matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
  );
  const expected = Object.entries(simulator.environment).map(([name, value]) => [
    name,
    value.replace(new URL(simulator.url).port, '4100'),
  ]);
  assert.deepEqual(given, { COMPOSE_PROFILES: 'simulator', ...Object.fromEntries(expected) });
});
