/** Between a request to the graph and what may save it an execution: what each tells the other. */

import type { ServerResponse } from 'node:http';
import type { TakeCost } from '../../graphql/context.ts';
import type { OperationObserver, OperationReport } from '../../graphql/operation-report.ts';
import type { AnswerSpan } from './answer-source.ts';
import type { AskingRequest } from './asked-operation.ts';
import type { EntityTag, Representation } from './representation.ts';

/** How an operation came to its answer. */
export type AnswerOrigin = 'kept' | 'shared' | 'unchanged' | 'executed';

export interface ReuseOptions {
  /** What kept answers may take; 0: none is kept, and none is shared. */
  readonly limitBytes: number;
  /** The release, and the settings that show in answers. */
  readonly edition: string;
  /** Names the snapshot that is served; `null` until the first one is published. */
  readonly findSnapshotId: () => string | null;
  /** Told of operations that are answered without being executed. */
  readonly onOperation: OperationObserver;
  /** Told of every operation that could have been answered without being executed; must not throw. */
  readonly onOrigin: (origin: AnswerOrigin) => void;
}

/** A request whose operation may or may not be executed. */
export interface ReusingRequest extends AskingRequest {
  readonly requestId: string;
  readonly answer: Pick<ServerResponse, 'once' | 'off' | 'destroyed'>;
  /** By the clock that never goes back. */
  readonly arrivedAtMs: number;
  readonly takeCost: TakeCost;
  /** Told of the operation when it is not executed. */
  readonly onOperation: OperationObserver;
}

/** An answer that was executed. */
export interface ExecutedAnswer {
  readonly status: number;
  readonly contentType: string | undefined;
  /** The whole, one after the other. */
  readonly parts: readonly (Uint8Array | string)[];
  readonly bytes: number;
  /** `null` where no operation came into the pipeline. */
  readonly operation: OperationReport | null;
  /** Of the snapshot that the request was answered from. */
  readonly snapshotId: string | null;
  /** For which seconds it is the same. */
  readonly span: AnswerSpan;
}

export type Reuse =
  | { readonly kind: 'send'; readonly representation: Representation }
  | {
      readonly kind: 'execute';
      readonly takeCost: TakeCost;
      /**
       * To be called when it has been executed, or has failed: without an answer then. Further calls do nothing.
       *
       * @returns the tag to send it with; `undefined`: none
       */
      readonly end: (answer?: ExecutedAnswer) => EntityTag | undefined;
    };

export interface AnswerReuse {
  find(request: ReusingRequest): Promise<Reuse>;
  /** Gives up what is kept: another snapshot is served. */
  forget(): void;
  /** Bytes that are kept. */
  sizeBytes(): number;
}

/** Every answer is for its request alone, and has no tag. */
export const WITHOUT_REUSE: AnswerReuse = {
  find: async ({ takeCost }) => ({ kind: 'execute', takeCost, end: () => undefined }),
  forget: () => undefined,
  sizeBytes: () => 0,
};
