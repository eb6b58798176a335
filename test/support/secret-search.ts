/** Looks for what must not be in a log: whole secrets, and parts of them that are long enough to be of use. */

/** A token is cut by whoever quotes it: its beginning, the beginning of its claims and its signature are looked for. */
function* toNeedles(secret: string): Generator<string> {
  yield secret;
  yield encodeURIComponent(secret);
  const [head, claims, signature] = secret.split('.');
  if (signature === undefined) return;
  // The head is the same in every token, and no secret by itself.
  yield `${head}.${claims!.slice(0, 20)}`;
  yield claims!.slice(0, 60);
  yield signature;
}

/** The lines that hold one of the secrets, each with the secret. Costs O(lines × secrets). */
export function findSecrets(lines: readonly string[], secrets: Iterable<string>): string[] {
  const needles = [...new Set([...secrets].flatMap((secret) => [...toNeedles(secret)]))];
  const text = lines.join('\n');
  return needles
    .filter((needle) => text.includes(needle))
    .map((needle) => `${needle} in: ${lines.find((line) => line.includes(needle))}`);
}
