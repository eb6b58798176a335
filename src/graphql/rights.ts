/** What a caller must have been granted to be answered. */

import type { Caller, Right } from '../core/caller.ts';
import { GatewayError } from '../core/errors.ts';

/** Whether a caller has been granted a right. */
export function hasRight({ rights }: Pick<Caller, 'rights'>, right: Right): boolean {
  return rights.has(right);
}

/** @throws FORBIDDEN when the caller has not been granted the right; says nothing of what is there */
export function requireRight(caller: Pick<Caller, 'rights'>, right: Right): void {
  if (hasRight(caller, right)) return;
  throw new GatewayError(
    'FORBIDDEN',
    `The caller must have the right ${right}, but has not been granted it. ` +
      'Ask `viewer { rights }` for what is granted; grants are made in the policy file of the gateway.',
    { rule: `have the right ${right}` },
  );
}
