/** Lists: whatever can be iterated, its items one after the other, each with all that is asked of it before the next. */

import { GraphQLError } from 'graphql';
import { abandon, type Execution, failPosition, isPromise, type Place, type Position } from './execution.ts';
import type { Complete } from './field-plan.ts';

export interface ListPlan {
  /** `Type.field`, for messages. */
  readonly fieldName: string;
  /** Of an item. */
  readonly position: Position;
  readonly completeItem: Complete;
}

export function completeList({ fieldName, position, completeItem }: ListPlan): Complete {
  return (value, parent, key, execution) => {
    if (value instanceof Error) throw value;
    if (!isList(value)) {
      throw new GraphQLError(`Expected Iterable, but did not find one for field "${fieldName}".`);
    }
    const place: Place = { parent, key };
    const texts: (string | null | Promise<string | null>)[] = [];
    let waiting: Promise<unknown>[] | undefined;
    try {
      for (const item of value) {
        const completed = completeAt(item, place, texts.length, execution);
        texts.push(completed);
        if (isPromise(completed)) {
          waiting ??= [];
          waiting.push(completed);
        }
      }
    } catch (error) {
      abandon(waiting ?? []);
      throw error;
    }
    return waiting === undefined ? join(texts as (string | null)[]) : Promise.all(texts).then(join);
  };

  function completeAt(item: unknown, place: Place, index: number, execution: Execution) {
    const fail = (error: unknown): null => failPosition(position, error, place, index, execution);
    try {
      const completed = isPromise(item)
        ? item.then((known) => completeItem(known, place, index, execution))
        : completeItem(item, place, index, execution);
      return isPromise(completed) ? completed.then(undefined, fail) : completed;
    } catch (error) {
      return fail(error);
    }
  }
}

function join(texts: readonly (string | null)[]): string {
  let text = '[';
  for (let index = 0; index < texts.length; index += 1) {
    text += index === 0 ? `${texts[index]}` : `,${texts[index]}`;
  }
  return `${text}]`;
}

function isList(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}
