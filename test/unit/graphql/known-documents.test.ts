import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parse } from 'graphql';
import {
  createKnownDocuments,
  MAXIMUM_TEXT_LENGTH,
  MAXIMUM_TOTAL_LENGTH,
} from '../../../src/graphql/known-documents.ts';

const DOCUMENT = parse('{ a }');
const toKnown = (text: string) => ({ document: DOCUMENT, hash: `hash of ${text}` });

describe('known documents', () => {
  it('are found by their text, and by their hash where somebody has registered it', () => {
    const documents = createKnownDocuments();
    documents.learn('plain', toKnown('plain'), false);
    documents.learn('registered', toKnown('registered'), true);
    assert.deepEqual(documents.findByText('plain'), toKnown('plain'));
    assert.equal(documents.findByHash('hash of plain'), undefined);
    assert.deepEqual(documents.findByHash('hash of registered'), toKnown('registered'));
    documents.learn('plain', toKnown('plain'), true);
    assert.deepEqual(documents.findByHash('hash of plain'), toKnown('plain'));
  });

  it('are what was learnt first: what was planned for them stays', () => {
    const documents = createKnownDocuments();
    const first = toKnown('a');
    documents.learn('a', first, false);
    documents.learn('a', toKnown('a'), false);
    assert.equal(documents.findByText('a'), first);
  });

  it('are not too long', () => {
    const documents = createKnownDocuments();
    for (const length of [MAXIMUM_TEXT_LENGTH, MAXIMUM_TEXT_LENGTH + 1]) {
      const text = ' '.repeat(length);
      documents.learn(text, toKnown(text), true);
      assert.equal(documents.findByText(text) !== undefined, length <= MAXIMUM_TEXT_LENGTH);
      assert.equal(documents.findByHash(toKnown(text).hash) !== undefined, length <= MAXIMUM_TEXT_LENGTH);
    }
  });

  it('are as long as all may be together; the one asked for longest ago goes first', () => {
    const most = MAXIMUM_TOTAL_LENGTH / MAXIMUM_TEXT_LENGTH;
    const toText = (index: number) => String(index).padStart(MAXIMUM_TEXT_LENGTH);
    const step = fc.record({ index: fc.integer({ min: 0, max: most + 3 }), learns: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const documents = createKnownDocuments();
        let model: number[] = Array.from({ length: most }, (_, index) => index);
        for (const index of model) documents.learn(toText(index), toKnown(toText(index)), true);
        for (const { index, learns } of steps) {
          const isKnown = model.includes(index);
          const known = toKnown(toText(index));
          if (learns) documents.learn(toText(index), known, true);
          else assert.equal(documents.findByHash(known.hash) !== undefined, isKnown);
          if (isKnown && !learns) model = [...model.filter((one) => one !== index), index];
          if (!isKnown && learns) model = [...model, index].slice(-most);
        }
        for (const index of model) assert.notEqual(documents.findByText(toText(index)), undefined);
      }),
      { numRuns: 30 },
    );
  });
});
