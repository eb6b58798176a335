/**
 * Tells of every request that leaves, by the kind of its target and how it was answered: the port for
 * metrics. Changes nothing, and sees neither headers nor bodies.
 */

import type { Dispatcher } from 'undici';

/** Entra ID or the managed identity, the two endpoints, the blob store. */
export type RequestTarget = 'TOKEN' | 'EXPORT' | 'PAGED' | 'FILE';

/** @param status HTTP status; `null` when no answer came */
export type RequestObserver = (target: RequestTarget, status: number | null) => void;

/**
 * An interceptor for the dispatcher.
 *
 * @param authorityHost of the sign-in service
 * @param onRequest must not throw
 */
export function observeRequests(
  authorityHost: URL,
  onRequest: RequestObserver,
): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) =>
    dispatch(options, observe(handler, toTarget(options, authorityHost), onRequest));
}

/** The handler itself, but for the two places where an answer shows. */
function observe(
  handler: Dispatcher.DispatchHandler,
  target: RequestTarget,
  onRequest: RequestObserver,
): Dispatcher.DispatchHandler {
  let isAnswered = false;
  const answer = (status: number | null): void => {
    if (!isAnswered) onRequest(target, status);
    isAnswered = true;
  };
  return {
    onRequestStart: (...parts) => handler.onRequestStart?.(...parts),
    onRequestUpgrade: (...parts) => handler.onRequestUpgrade?.(...parts),
    onResponseStart: (...parts) => {
      const [, statusCode] = parts;
      // 1xx announces an answer, and is none.
      if (statusCode >= 200) answer(statusCode);
      handler.onResponseStart?.(...parts);
    },
    onResponseData: (...parts) => handler.onResponseData?.(...parts),
    onResponseEnd: (...parts) => handler.onResponseEnd?.(...parts),
    onResponseError: (...parts) => {
      answer(null);
      handler.onResponseError?.(...parts);
    },
  };
}

function toTarget({ origin, path }: Dispatcher.DispatchOptions, authorityHost: URL): RequestTarget {
  const pathname = path.split('?', 1)[0]!.toLowerCase();
  if (pathname.endsWith('/certificateassessmentexport')) return 'EXPORT';
  if (pathname.endsWith('/certificateassessmentbymachine')) return 'PAGED';
  const isEntra = String(origin) === authorityHost.origin && /\/(?:oauth2|discovery|v2[.]0)\//.test(pathname);
  // Where a managed identity is asked is the platform's choice, but for the end of it.
  return isEntra || pathname.endsWith('/token') ? 'TOKEN' : 'FILE';
}
