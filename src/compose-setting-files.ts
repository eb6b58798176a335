/** Files that settings name, read at start: one that cannot be read is a fault of its setting. */

import { readFile } from 'node:fs/promises';
import { SETTINGS, type SettingName } from './config/env.ts';
import { ConfigurationError, type ConfigurationFault } from './config/faults.ts';
import { printValue } from './core/errors.ts';

/** @throws ConfigurationError when it cannot be read */
export async function readSettingFile(name: SettingName, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code = 'it cannot be read' } = error as NodeJS.ErrnoException;
    throw new ConfigurationError([
      toSettingFault(name, 'a file that can be read', `${printValue(path)} (${code})`),
    ]);
  }
}

/**
 * A fault of a setting that shows in what it names.
 *
 * @param value what was found; no secret
 */
export function toSettingFault(name: SettingName, expected: string, value: string): ConfigurationFault {
  return { variable: SETTINGS[name].variable, expected, value };
}
