/**
 * Executes the fields of one object, one after the other, and puts their texts together. What has to be waited for leaves a
 * gap: the object is then a promise, and nothing else is.
 */

import type { GraphQLError } from 'graphql';
import type { MaybePromise } from '../slices.ts';
import type { ExecutedData } from './executed-data.ts';
import { type Completed, type Execution, isPromise, type Place } from './execution.ts';
import type { FieldPlan } from './field-plan.ts';

type Waiting = Promise<string | null>;

/** The object's text. @throws (or rejects with) the failure of a field that may not be null */
export function executeFields(
  fields: readonly FieldPlan[],
  source: unknown,
  place: Place | undefined,
  execution: Execution,
): string | Promise<string> {
  let text = '{';
  let texts: string[] | undefined;
  let waiting: Waiting[] | undefined;
  try {
    for (let index = 0; index < fields.length; index += 1) {
      const field = fields[index]!;
      const completed = field.execute(source, place, execution);
      text += index === 0 ? field.label : `,${field.label}`;
      if (typeof completed === 'string') {
        text += completed;
      } else if (completed === null) {
        text += 'null';
      } else {
        texts ??= [];
        waiting ??= [];
        texts.push(text);
        waiting.push(completed);
        text = '';
      }
    }
  } catch (error) {
    if (waiting === undefined) throw error;
    return failAfter(waiting, error);
  }
  text += '}';
  return waiting === undefined ? text : fill(texts!, waiting, text);
}

/** The failure of an object whose other fields are still waited for: it is told when they are there, as graphql-js does. */
function failAfter(waiting: readonly Waiting[], error: unknown): Promise<never> {
  const fail = (): never => {
    throw error;
  };
  return Promise.all(waiting).then(fail, fail);
}

/** @param texts what stands before each of the values that are waited for */
function fill(texts: readonly string[], waiting: readonly Waiting[], rest: string): Promise<string> {
  if (waiting.length === 1) {
    const [before] = texts;
    return waiting[0]!.then((value) => `${before}${value}${rest}`);
  }
  return Promise.all(waiting).then((values) => {
    let text = '';
    for (const [index, value] of values.entries()) text += `${texts[index]}${value}`;
    return text + rest;
  });
}

/** The data of an operation, with what is wrong with them. Never rejects. */
export function executeRoots(fields: readonly FieldPlan[], execution: Execution): MaybePromise<ExecutedData> {
  const values: Completed[] = [];
  try {
    for (const field of fields) values.push(field.execute(undefined, undefined, execution));
  } catch (error) {
    const waiting = values.filter(isPromise);
    if (waiting.length === 0) return toFailed(error, execution);
    return failAfter(waiting as Waiting[], error).catch((failure: unknown) => toFailed(failure, execution));
  }
  if (!values.some(isPromise)) return toData(fields, values as (string | null)[], execution);
  return Promise.all(values).then(
    (known) => toData(fields, known, execution),
    (error: unknown) => toFailed(error, execution),
  );
}

function toData(
  fields: readonly FieldPlan[],
  values: readonly (string | null)[],
  { errors }: Execution,
): ExecutedData {
  const members = fields.map(({ label }, index) => `${label}${values[index]}`);
  const hasRootData = fields.some(({ isComposite }, index) => isComposite && values[index] !== null);
  return { data: `{${members.join(',')}}`, hasRootData, errors };
}

function toFailed(error: unknown, { errors }: Execution): ExecutedData {
  errors.push(error as GraphQLError);
  return { data: null, hasRootData: false, errors };
}
