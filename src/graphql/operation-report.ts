/** What is told of an operation when its response is ready, to metrics and to the audit log. */

/**
 * How an operation went: `success` without errors; `partial` with errors beside data; without data, `rejected` when
 * all errors are the caller's, `unavailable` when a snapshot was missing, `failed` when one is ours.
 */
export type OperationOutcome = 'success' | 'partial' | 'rejected' | 'unavailable' | 'failed';

export interface OperationReport {
  /** As the caller named it, unbounded; `null` for one without a name, or that could not be parsed. */
  readonly name: string | null;
  readonly type: 'query' | 'mutation' | 'subscription' | null;
  /** SHA-256 of the document's text, lower-case hex; `null` where there was no text. */
  readonly hash: string | null;
  readonly outcome: OperationOutcome;
  /** The codes of its errors, each once, in the order of the response; at most ten. */
  readonly errorCodes: readonly string[];
  /** As measured before it was executed; `null` when it never came to that. */
  readonly cost: number | null;
  /** Rows given out. */
  readonly rows: number;
  /** From the text of the request to the result, before that is printed. */
  readonly durationMs: number;
  readonly requestId: string;
}

/** Must not throw. */
export type OperationObserver = (report: OperationReport) => void;

/** A caller can have as many errors as fields; their codes are few. */
const MAXIMUM_CODES = 10;

/** The codes of errors, each once, at most ten. What has no code has none here. */
export function toErrorCodes(
  errors: readonly { readonly extensions?: Readonly<Record<string, unknown>> | undefined }[],
): readonly string[] {
  const codes = new Set<string>();
  for (const { extensions } of errors) {
    if (typeof extensions?.code === 'string') codes.add(extensions.code);
    if (codes.size === MAXIMUM_CODES) break;
  }
  return [...codes];
}
