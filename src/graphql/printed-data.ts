/**
 * The data of a response that are text already. They pass through the pipeline as they are, and are put in their place when
 * the response is printed: nobody reads them again, and nobody prints them twice.
 */

import type { FormattedExecutionResult } from 'graphql';

/** Told of data that were printed in another thread, and when the response is otherwise ready. */
export type PrintedObserver = (printed: PrintedData) => void;

export class PrintedData {
  /** The JSON text of `data`; where another thread has printed it, its bytes in UTF-8. */
  readonly text: string | Uint8Array;
  /** Whether any field of the root has a value. */
  readonly hasRootData: boolean;
  #pieces: readonly Uint8Array[] | undefined;

  constructor(text: string | Uint8Array, hasRootData: boolean) {
    this.text = text;
    this.hasRootData = hasRootData;
  }

  /** The whole response, to be sent one after the other, where the data are bytes; `undefined` until it is printed. */
  get pieces(): readonly Uint8Array[] | undefined {
    return this.#pieces;
  }

  /** @returns the text of the response; `null` stands for data that are bytes */
  printIn({ errors, extensions }: FormattedExecutionResult): string {
    const before = errors === undefined ? '{"data":' : `{"errors":${JSON.stringify(errors)},"data":`;
    const after = extensions === undefined ? '}\n' : `,"extensions":${JSON.stringify(extensions)}}\n`;
    if (typeof this.text === 'string') return `${before}${this.text}${after}`;
    this.#pieces = [Buffer.from(before), this.text, Buffer.from(after)];
    return `${before}null${after}`;
  }

  /** The data themselves, for whoever reads them after all. Linear in their size. */
  toJSON(): unknown {
    return JSON.parse(typeof this.text === 'string' ? this.text : Buffer.from(this.text).toString());
  }
}

/** The text of a response: Apollo's `stringifyResult`. */
export function printResponse(result: FormattedExecutionResult): string {
  const data: unknown = result.data;
  return data instanceof PrintedData ? data.printIn(result) : `${JSON.stringify(result)}\n`;
}
