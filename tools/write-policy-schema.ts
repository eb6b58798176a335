/** Writes the JSON Schema of the policy file from the definition that the gateway reads the file by. */

import { writeFile } from 'node:fs/promises';
import { createPolicyJsonSchema } from '../src/identity/policy-schema.ts';

const DOCUMENT = new URL('../docs/policy.schema.json', import.meta.url);

await writeFile(DOCUMENT, `${JSON.stringify(createPolicyJsonSchema(), null, 2)}\n`);
