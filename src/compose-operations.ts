/** The trusted documents of the settings: read at start, on each serving thread, and refused as a whole for one fault. */

import { readSettingFile, toSettingFault } from './compose-setting-files.ts';
import { ConfigurationError, type ConfigurationFault } from './config/faults.ts';
import type { OperationSettings } from './config/operations.ts';
import { printValue } from './core/errors.ts';
import {
  type ManifestFault,
  parseTrustedDocuments,
  type TrustedDocuments,
} from './graphql/trusted-documents.ts';

/**
 * @param schemaText the text of `schema.graphql`
 * @returns `undefined` without a manifest
 * @throws ConfigurationError when the file cannot be read, or a document of it cannot be run
 */
export async function loadTrustedDocuments(
  { manifestPath }: OperationSettings,
  schemaText: string,
): Promise<TrustedDocuments | undefined> {
  if (manifestPath === undefined) return undefined;
  const manifestText = await readSettingFile('operationsManifest', manifestPath);
  const { documents, faults } = parseTrustedDocuments(manifestText, schemaText);
  if (faults.length > 0) throw new ConfigurationError(faults.map(toConfigurationFault));
  return documents;
}

function toConfigurationFault({ operation, problem }: ManifestFault): ConfigurationFault {
  const expected =
    operation === null
      ? 'a JSON object from hash to document'
      : `a manifest whose operation ${printValue(operation)} can be run`;
  return toSettingFault('operationsManifest', expected, printValue(problem, MAXIMUM_PROBLEM_LENGTH));
}

/** As much of a validation error as names the field and the type. */
const MAXIMUM_PROBLEM_LENGTH = 200;
