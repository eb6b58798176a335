/** All servers must give the same data before any of them is timed. */

import { isDeepStrictEqual } from 'node:util';
import { ask, askPage } from './ask.ts';
import { type Contender, TITLES } from './contenders.ts';
import { createMakeCursor } from './cursors.ts';
import { type Anchor, QUESTIONS, type QuestionName, toDocument } from './questions.ts';

const COMPARED_ANCHORS = 5;

/** @throws Error at the first answer that differs from the first contender's */
export async function compareAnswers(
  [reference, ...others]: readonly Contender[],
  anchors: readonly Anchor[],
): Promise<void> {
  for (const question of Object.keys(QUESTIONS) as QuestionName[]) {
    for (let index = 0; index < COMPARED_ANCHORS; index += 1) {
      const anchor = anchors[Math.floor((index * anchors.length) / COMPARED_ANCHORS)]!;
      const expected = await askFrom(reference!, question, anchor);
      if (askPage(expected, QUESTIONS[question].table).nodes.length !== QUESTIONS[question].rows)
        throw new Error(`${QUESTIONS[question].title}: the page is not full.`);
      for (const contender of others) {
        const found = await askFrom(contender, question, anchor);
        const isSame =
          contender.dialect === reference!.dialect
            ? isDeepStrictEqual(found, expected)
            : isDeepStrictEqual(toComparable(found), toComparable(expected));
        if (!isSame)
          throw new Error(
            `${TITLES[contender.name]} differs at ${QUESTIONS[question].title} after ${JSON.stringify(anchor)}.`,
          );
      }
    }
  }
}

function askFrom(
  { url, dialect, digests }: Contender,
  question: QuestionName,
  anchor: Anchor,
): Promise<unknown> {
  const { table, variables } = QUESTIONS[question];
  const after = createMakeCursor(dialect, digests)(table, anchor);
  return ask(url, toDocument(question, dialect), { ...variables, after });
}

/**
 * What both say in one form: without ids and cursors, which each makes in its own way; names as columns; instants as
 * numbers.
 */
function toComparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toComparable);
  if (typeof value === 'string') return INSTANT.test(value) ? Date.parse(value) : value;
  if (value === null || typeof value !== 'object') return value;
  const fields = Object.entries(value).flatMap(([name, field]) => {
    if (OPAQUE.has(name)) return [];
    if (!NAMES.has(name)) return [[name, toComparable(field)]];
    return Object.entries(field as object).map(([part, text]) => [toColumn(name, part), text]);
  });
  return Object.fromEntries(fields);
}

const INSTANT = /^\d{4}-\d\d-\d\dT/;
const OPAQUE: ReadonlySet<string> = new Set(['id', 'endCursor']);
const NAMES: ReadonlySet<string> = new Set(['subject', 'issuer']);

function toColumn(name: string, part: string): string {
  return name + part[0]!.toUpperCase() + part.slice(1);
}
