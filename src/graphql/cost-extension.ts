/** What is said of the cost of an operation beside the data: in `extensions.cost` of every response. */
export interface CostExtension {
  /** In rows; `null` when the operation was never measured, for it could not be read or was refused before. */
  readonly computed: number | null;
  /** What one operation may cost. */
  readonly limit: number;
}
