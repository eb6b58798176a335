/**
 * The data of a response that another thread has printed already. They pass through the pipeline as they are, and are put
 * in their place when the response is sent: nobody reads them again, and nobody copies them.
 */

import type { FormattedExecutionResult } from 'graphql';

/** Told of data that were printed elsewhere, and when the response is otherwise ready. */
export type PrintedObserver = (printed: PrintedData) => void;

export class PrintedData {
  /** The JSON text of `data`, in UTF-8. */
  readonly text: Uint8Array;
  /** Whether any field of the root has a value. */
  readonly hasRootData: boolean;
  #pieces: readonly Uint8Array[] | undefined;

  constructor(text: Uint8Array, hasRootData: boolean) {
    this.text = text;
    this.hasRootData = hasRootData;
  }

  /** The whole response, to be sent one after the other; `undefined` until it is printed. */
  get pieces(): readonly Uint8Array[] | undefined {
    return this.#pieces;
  }

  /** @returns the text of the response with `null` for its data */
  printIn({ errors, extensions }: FormattedExecutionResult): string {
    const before = errors === undefined ? '{"data":' : `{"errors":${JSON.stringify(errors)},"data":`;
    const after = extensions === undefined ? '}\n' : `,"extensions":${JSON.stringify(extensions)}}\n`;
    this.#pieces = [Buffer.from(before), this.text, Buffer.from(after)];
    return `${before}null${after}`;
  }
}

/** The text of a response: Apollo's `stringifyResult`. */
export function printResponse(result: FormattedExecutionResult): string {
  const data: unknown = result.data;
  return data instanceof PrintedData ? data.printIn(result) : `${JSON.stringify(result)}\n`;
}
