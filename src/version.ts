/** Which release this is: `version` of package.json. */

import { readFile } from 'node:fs/promises';

const PACKAGE_FILE = new URL('../package.json', import.meta.url);

export async function readVersion(): Promise<string> {
  return (JSON.parse(await readFile(PACKAGE_FILE, 'utf8')) as { version: string }).version;
}
