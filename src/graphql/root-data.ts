/** Whether an operation got anything at all. */

import { PrintedData } from './printed-data.ts';

/**
 * Whether any root has data. Roots are objects, lists or null: a text can only be `__typename`, which is no data.
 */
export function hasRootData(data: Readonly<Record<string, unknown>> | null | undefined): boolean {
  if (data instanceof PrintedData) return data.hasRootData;
  return data != null && Object.values(data).some((root) => root !== null && typeof root !== 'string');
}
