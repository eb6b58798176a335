import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type FieldNode, type OperationDefinitionNode, parse } from 'graphql';
import { createArgumentsOfRequest } from '../../../src/graphql/asked-arguments.ts';

const [definition] = parse('{ a(x: 1) b(x: 1) c(x: 2) }').definitions;
const [a, b, c] = (definition as OperationDefinitionNode).selectionSet.selections.map((node) => ({
  fieldNodes: [node as FieldNode],
}));

describe('the arguments of a field', () => {
  test('are read for its first parent, and are the same for all others', () => {
    const argumentsOf = createArgumentsOfRequest();
    const first = argumentsOf.of(a!, { x: 1 });
    const unread = new Proxy({ x: 1 }, { ownKeys: () => assert.fail('read again') });
    assert.equal(argumentsOf.of(a!, unread), first);
  });

  test('are those of another field that means the same, in whatever order, null or absent', () => {
    const argumentsOf = createArgumentsOfRequest();
    const first = argumentsOf.of(a!, { x: 1, y: { p: 1, q: null } });
    assert.equal(argumentsOf.of(b!, { y: { p: 1 }, x: 1, z: null }), first);
    assert.notEqual(argumentsOf.of(c!, { x: 2, y: { p: 1 } }).number, first.number);
  });

  test('are worked out once for a subject, whether that goes well or not', () => {
    const asked = createArgumentsOfRequest().of(a!, { x: 1 });
    let made = 0;
    const make = () => {
      made += 1;
      return { made };
    };
    const [one, other] = [{}, {}];
    assert.equal(asked.prepared(one, make), asked.prepared(one, make));
    assert.deepEqual(asked.prepared(other, make), { made: 2 });
    const fail = () => {
      made += 1;
      throw new Error('bad');
    };
    const third = {};
    for (let parent = 0; parent < 3; parent += 1) assert.throws(() => asked.prepared(third, fail), /bad/);
    assert.equal(made, 3);
  });
});
