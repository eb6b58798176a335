/**
 * What the log line of a request to the graph says beside what every line says: who asked, for what, at which cost, and how
 * it went. Each part is noted where it is known, and a request that goes no further has the rest empty.
 *
 * It never holds a variable, a document, a header or a query string: of what a caller wrote, the name of the operation alone.
 */

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../core/caller.ts';
import { type CallerFields, toCallerFields } from '../core/caller-fields.ts';
import type { OperationOutcome, OperationReport } from '../graphql/operation-report.ts';
import { createRequestProperty } from './request-property.ts';

/** Filled while a request is answered. */
export interface AuditRecord {
  /** `null` when nobody was identified. */
  caller: Caller | null;
  /** `null` when no operation came into the pipeline. */
  operation: OperationReport | null;
  /** Why the request was refused before that, if it was. */
  refusalCodes: readonly string[];
  /** Pending while the operation runs, whether or not somebody waits for it; never rejects. */
  execution: Promise<unknown> | undefined;
}

/**
 * `refused`: answered before an operation was looked at. `abandoned`: the connection closed before the whole answer was on
 * its way; `unread`: we closed it, for nobody took anything of the answer.
 */
export type RequestOutcome = OperationOutcome | 'refused' | 'abandoned' | 'unread';

/** The fields of the line, in this order. */
export interface AuditFields {
  readonly caller: CallerFields | null;
  readonly operationName: string | null;
  readonly operationType: string | null;
  /** SHA-256 of the document's text. */
  readonly operationHash: string | null;
  readonly cost: number | null;
  readonly rows: number;
  readonly outcome: RequestOutcome;
  readonly errorCodes: readonly string[];
}

export interface Audit {
  /** The record of a request to the graph; begins one with the first call. */
  open(request: FastifyRequest): AuditRecord;
  /** The record, if there is one: requests to other paths have none. */
  find(request: FastifyRequest): AuditRecord | undefined;
}

export function createAudit(): Audit {
  const records = createRequestProperty<AuditRecord>('audit record');
  return {
    open: (request) => {
      const known = records.find(request);
      if (known !== undefined) return known;
      const record: AuditRecord = {
        caller: null,
        operation: null,
        refusalCodes: [],
        execution: undefined,
      };
      records.set(request, record);
      return record;
    },
    find: records.find,
  };
}

/** Names are as long as their documents allow; the beginning tells them apart. */
const MAXIMUM_NAME_LENGTH = 128;

/**
 * What a line says of a request whose connection is done with it.
 *
 * @param isUnread whether that is because nobody took anything of the answer
 */
export function toAuditFields(record: AuditRecord, { raw }: FastifyReply, isUnread: boolean): AuditFields {
  const { caller, operation, refusalCodes } = record;
  return {
    caller: caller === null ? null : toCallerFields(caller),
    operationName: operation?.name == null ? null : toLoggedName(operation.name),
    operationType: operation?.type ?? null,
    operationHash: operation?.hash ?? null,
    cost: operation?.cost ?? null,
    rows: operation?.rows ?? 0,
    outcome: isUnread ? 'unread' : toOutcome(operation, raw),
    errorCodes: operation?.errorCodes ?? refusalCodes,
  };
}

/** Without what could end a line or colour a terminal. */
function toLoggedName(name: string): string {
  return name.replace(/\p{C}/gu, '').slice(0, MAXIMUM_NAME_LENGTH);
}

function toOutcome(operation: OperationReport | null, { writableFinished, statusCode }: FastifyReply['raw']) {
  if (!writableFinished) return 'abandoned';
  if (operation !== null) return operation.outcome;
  return statusCode >= 500 ? 'failed' : 'refused';
}
