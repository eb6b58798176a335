/**
 * Operands for thumbprints and serial numbers, in the forms that people paste: any case, spaces, colons, the
 * invisible marks of Windows dialogs, `0x`, leading zeros.
 */

import { stripSeparators, toComparableSerialNumber } from '../../core/identifiers.ts';
import { foldText } from '../../snapshot/filter.ts';
import type { TextOperands } from './text.ts';

/** Thumbprints, whole or in part. What is no hex digit matches nothing, which is no error. */
export const THUMBPRINT_OPERANDS: TextOperands = {
  equals: (operands) => ({ kind: 'in', values: operands.map(toHexDigits) }),
  matches: (operator, operand) => ({ kind: operator, value: toHexDigits(operand) }),
};

/**
 * Serial numbers, whole or in part, compared without leading zeros: Windows prints one where OpenSSL does not, so they
 * tell nothing. The operand's are dropped for every operator; of zeros alone, one stays.
 */
export const SERIAL_NUMBER_OPERANDS: TextOperands = {
  equals: (operands) => ({ kind: 'in', values: operands.map(toComparable) }),
  matches: (operator, operand) => ({ kind: operator, value: toComparable(operand) }),
};

function toComparable(operand: string): string {
  return foldText(toComparableSerialNumber(operand));
}

/** Folded, without separators and marks; zeros stay. */
function toHexDigits(operand: string): string {
  return foldText(stripSeparators(operand));
}
