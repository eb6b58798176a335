/**
 * Finds members that a JSON text gives twice in one object. The parser keeps the last of them and says nothing, so that
 * whoever reads the file from its beginning takes another value for the one that counts. Pure.
 */

export interface RepeatedMembers {
  /** The object that has them, as `grants[0]`; empty for the outermost. */
  readonly path: string;
  /** Their names with escapes resolved, each once: `"\u0061"` is `a`. */
  readonly names: readonly string[];
}

/** An object or a list that is open where the reading is. */
interface Container {
  readonly path: string;
  /** So far; `undefined` for a list. */
  readonly names: Set<string> | undefined;
  readonly repeated: Set<string>;
  /** Of the member that is read. */
  name: string;
  /** Of the entry that is read. */
  index: number;
}

/** A text, or a mark between values. What else there is are numbers, words and spaces. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:,]/g;

/** A policy has objects in lists in one object. An object that is deeper has no place in it, whatever its members. */
const MAXIMUM_DEPTH = 3;
const MAXIMUM_NAME_LENGTH = 64;

/**
 * The objects with members that are there more than once. Its cost grows with the length of the text.
 *
 * @param text JSON, as it was parsed
 */
export function findRepeatedMembers(text: string): readonly RepeatedMembers[] {
  const found: RepeatedMembers[] = [];
  const open: Container[] = [];
  let depth = 0;
  let lastText = '""';
  for (const [token] of text.matchAll(TOKEN)) {
    const container = depth > MAXIMUM_DEPTH ? undefined : open.at(-1);
    if (token === '{' || token === '[') {
      depth += 1;
      if (depth <= MAXIMUM_DEPTH) open.push(openContainer(token, container));
    } else if (token === '}' || token === ']') {
      depth -= 1;
      if (container === undefined) continue;
      open.pop();
      const { path, repeated } = container;
      if (repeated.size > 0) found.push({ path, names: [...repeated] });
    } else if (token === ',') {
      if (container !== undefined) container.index += 1;
    } else if (token !== ':') {
      lastText = token;
    } else if (container?.names !== undefined) {
      container.name = JSON.parse(lastText) as string;
      if (container.names.has(container.name)) container.repeated.add(container.name);
      container.names.add(container.name);
    }
  }
  return found;
}

function openContainer(token: '{' | '[', outer: Container | undefined): Container {
  const names = token === '{' ? new Set<string>() : undefined;
  return { path: toPath(outer), names, repeated: new Set(), name: '', index: 0 };
}

/** Where the value is that the container goes on with. */
function toPath(outer: Container | undefined): string {
  if (outer === undefined) return '';
  if (outer.names === undefined) return `${outer.path}[${outer.index}]`;
  const name = outer.name.slice(0, MAXIMUM_NAME_LENGTH);
  return outer.path === '' ? name : `${outer.path}.${name}`;
}
