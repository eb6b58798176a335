/**
 * Operands for thumbprints and serial numbers, in the forms that people paste: any case, spaces, colons, the
 * invisible marks of Windows dialogs, `0x`, leading zeros.
 */

import { stripSeparators, toComparableSerialNumber } from '../../core/identifiers.ts';
import { foldText, type TextTest } from '../../snapshot/filter.ts';
import type { TextOperands } from './text.ts';

/** Thumbprints, whole or in part. What is no hex digit matches nothing, which is no error. */
export const THUMBPRINT_OPERANDS: TextOperands = {
  equals: (operands) => ({ kind: 'in', values: operands.map(toHexDigits) }),
  matches: (operator, operand) => [{ kind: operator, value: toHexDigits(operand) }],
};

/**
 * Serial numbers, compared without leading zeros: Windows prints one where OpenSSL does not, so they tell nothing.
 *
 * `eq` and `startsWith` drop the operand's. In `contains` and `endsWith` zeros stand for themselves, but those at
 * the operand's front may also be leading zeros of the number, which the data has lost: `00AB` is contained in 100AB, and
 * in every number that starts with AB. So a part of a number as Windows shows it finds that number. Zeros alone only
 * stand for themselves.
 */
export const SERIAL_NUMBER_OPERANDS: TextOperands = {
  equals: (operands) => ({ kind: 'in', values: operands.map(toComparable) }),
  matches: (operator, operand) => {
    const comparable = toComparable(operand);
    if (operator === 'startsWith') return [{ kind: 'startsWith', value: comparable }];
    const literal: TextTest = { kind: operator, value: toHexDigits(operand).replace(/^0x/, '') };
    if (literal.value === comparable || comparable === '0') return [literal];
    return operator === 'contains'
      ? [literal, { kind: 'startsWith', value: comparable }]
      : [literal, { kind: 'in', values: [comparable] }];
  },
};

function toComparable(operand: string): string {
  return foldText(toComparableSerialNumber(operand));
}

/** Folded, without separators and marks; zeros stay. */
function toHexDigits(operand: string): string {
  return foldText(stripSeparators(operand));
}
