/**
 * Goes on with a value that may have to be waited for.
 *
 * A value that is there is used at once: graphql-js takes a turn of the event loop for each promise, and what needs
 * none must not pay for it.
 */
export function whenKnown<Value, Result>(
  value: Value | Promise<Value>,
  use: (value: Value) => Result,
): Result | Promise<Awaited<Result>> {
  return value instanceof Promise ? (value.then(use) as Promise<Awaited<Result>>) : use(value);
}
