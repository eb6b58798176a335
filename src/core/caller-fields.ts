/** Who a caller is, as the log says it: enough to find the person or the application, nothing of what it may. */

import type { Caller } from './caller.ts';

export type CallerFields = Pick<Caller, 'id' | 'subject' | 'kind'>;

export function toCallerFields({ id, subject, kind }: Caller): CallerFields {
  return { id, subject, kind };
}
