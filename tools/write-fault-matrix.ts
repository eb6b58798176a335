/** Writes the matrix of faults into the operator's handbook, from the cases of the fault suite. */

import { readFile, writeFile } from 'node:fs/promises';
import { MATRIX_END, MATRIX_START, renderMatrix } from '../test/support/fault-matrix.ts';

const DOCUMENT = new URL('../docs/operations.md', import.meta.url);

const text = await readFile(DOCUMENT, 'utf8');
const start = text.indexOf(MATRIX_START);
const end = text.indexOf(MATRIX_END);
if (start === -1 || end < start)
  throw new Error(`docs/operations.md must have ${MATRIX_START} and ${MATRIX_END}.`);
await writeFile(DOCUMENT, `${text.slice(0, start)}${MATRIX_START}\n${renderMatrix()}${text.slice(end)}`);
