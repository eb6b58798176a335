import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { GraphQLError, Lexer, Source, TokenKind } from 'graphql';
import { measureNesting } from '../../src/graphql/admission/document-text.ts';

const OPENING: readonly string[] = [TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L];
const CLOSING: readonly string[] = [TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R];

/** By the words that graphql-js finds; `undefined` for a text that is none. */
function findNesting(text: string): number | undefined {
  const lexer = new Lexer(new Source(text));
  let depth = 0;
  let deepest = 0;
  try {
    for (let token = lexer.advance(); token.kind !== TokenKind.EOF; token = lexer.advance()) {
      if (OPENING.includes(token.kind)) depth += 1;
      if (CLOSING.includes(token.kind)) depth -= 1;
      deepest = Math.max(deepest, depth);
    }
  } catch (error) {
    assert.ok(error instanceof GraphQLError);
    return undefined;
  }
  return deepest;
}

const inner = fc.string({
  unit: fc.constantFrom('{', '}', '[', '(', '#', '\\"', '\\\\', 'a', ' ', 'ü'),
  maxLength: 6,
});
const innerBlock = fc.string({
  unit: fc.constantFrom('{', '[', '#', '"', '\n', '\\"""', '\\', 'a', ' '),
  maxLength: 6,
});
const pieces = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom('{', '}', '[', ']', '(', ')', 'a', ' ', '\n', '\r\n', '$', ':', '...', '1 '),
  },
  inner.map((text) => `"${text}" `),
  innerBlock.map((text) => `"""${text} """`),
  fc.constantFrom('"" ', '"""""" '),
  fc.tuple(inner, fc.constantFrom('\n', '\r')).map(([text, end]) => `#${text.replaceAll('\n', '')}"${end}`),
);
const texts = fc.array(pieces, { maxLength: 40 }).map((list) => list.join(''));

test('brackets stand as deep in each other as graphql-js would read them', () => {
  let read = 0;
  fc.assert(
    fc.property(texts, (text) => {
      const expected = findNesting(text);
      if (expected === undefined) return;
      read += 1;
      assert.equal(measureNesting(text, Number.POSITIVE_INFINITY), expected, text);
    }),
    { numRuns: 3_000 },
  );
  assert.ok(read > 1_000, `${read}`);
});

test('any text is looked at to its end', () => {
  for (const [text, nesting] of [
    ['"', 0],
    ['"""', 0],
    ['"\\', 0],
    ['"{{{', 0],
    ['#{{{', 0],
    ['"{\n{', 1],
    ['{'.repeat(1_000), 6],
  ] as const) {
    assert.equal(measureNesting(text, 5), nesting, text);
  }
});
