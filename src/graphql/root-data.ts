/** Whether an operation got anything at all. */

/**
 * Whether any root has data. Roots are objects, lists or null: a text can only be `__typename`, which is no data.
 */
export function hasRootData(data: Readonly<Record<string, unknown>> | null | undefined): boolean {
  return data != null && Object.values(data).some((root) => root !== null && typeof root !== 'string');
}
