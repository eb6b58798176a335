import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { GraphQLError, type GraphQLFormattedError, locatedError } from 'graphql';
import { badUserInput, GatewayError } from '../../../src/core/errors.ts';
import { boundErrors } from '../../../src/graphql/bounded-errors.ts';
import { createFaultCount, toCounted } from '../../../src/graphql/repeated-faults.ts';

const CODES = ['BAD_USER_INPUT', 'DEADLINE_EXCEEDED', 'FORBIDDEN'] as const;

const faults = fc.array(fc.record({ code: fc.constantFrom(...CODES), kind: fc.nat(12) }), { maxLength: 150 });

/** As graphql-js and Apollo make it of what a resolver throws. */
function toTold(error: unknown, path: readonly (string | number)[]): GraphQLFormattedError {
  const { code } =
    error instanceof GraphQLError ? (error.originalError as GatewayError) : (error as GatewayError);
  return { ...locatedError(error, undefined, path).toJSON(), extensions: { code } };
}

test('a fault that is made a thousand times is few errors', () => {
  const count = createFaultCount();
  const errors = Array.from({ length: 1_000 }, (_, index) =>
    toCounted(count, 'ids', badUserInput(`ids.${index}`, 'be', index)),
  );
  assert.equal(new Set(errors).size, 10);
  assert.equal(new Set(errors.map((error, index) => locatedError(error, undefined, [index]))).size, 10);
});

test('what is no fault of ours is itself, however often', () => {
  const count = createFaultCount();
  for (let index = 0; index < 50; index += 1) {
    const error = new Error('broken');
    assert.equal(toCounted(count, 'any', error), error);
  }
  assert.equal(toCounted(count, 'any', undefined), undefined);
});

test('a response tells what it would if every fault were an error of its own', () => {
  fc.assert(
    fc.property(faults, (made) => {
      const codes = made.map(({ code }) => code);
      const kinds = made.map(({ kind }) => String(kind));
      const count = createFaultCount();
      const make = (index: number) => new GatewayError(codes[index]!, `fault ${index}`);
      const counted = codes.map((_, index) =>
        toTold(toCounted(count, kinds[index]!, make(index)), ['a', index]),
      );
      const plain = codes.map((_, index) => toTold(make(index), ['a', index]));
      assert.deepEqual(boundErrors(counted), boundErrors(plain));
    }),
  );
});

test('faults of many kinds are few errors too', () => {
  const count = createFaultCount();
  const make = (index: number) => toCounted(count, `${index % 100}`, badUserInput('first', 'be', index));
  const errors = Array.from({ length: 10_000 }, (_, index) => make(index));
  assert.equal(new Set(errors).size, 82);
});

test('what only counts is never told, whenever it comes', () => {
  fc.assert(
    fc.property(fc.nat(9), fc.integer({ min: 1, max: 20 }), fc.nat(30), (own, repeated, at) => {
      const count = createFaultCount();
      const all = Array.from({ length: 30 }, (_, index) =>
        toTold(toCounted(count, 'ids', badUserInput(`ids.${index}`, 'be', index)), ['a', index]),
      );
      const errors = [...all.slice(0, own)];
      errors.splice(at % (own + 1), 0, ...all.slice(9, 9 + repeated));
      const told = boundErrors(errors);
      const { path, extensions } = told.at(-1)!;
      const placed = Math.min(8, own);
      assert.deepEqual(
        [told.length, path, extensions?.value],
        [placed + 1, undefined, own - placed + repeated],
      );
      assert.deepEqual(told.slice(0, -1), all.slice(0, placed));
    }),
  );
});
