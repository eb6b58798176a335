/**
 * What is wrong with the settings: collected, never thrown one by one, and printed with secrets masked.
 */

import { GatewayError, printValue } from '../core/errors.ts';
import { redact } from '../core/redaction.ts';
import type { Setting } from './env.ts';

export interface ConfigurationFault {
  /** The environment variable at fault; all names, joined by ` and ` or ` or `, when it is a matter of several. */
  readonly variable: string;
  /** What it must be, completing "<variable> must be …". */
  readonly expected: string;
  /** What was given, quoted, masked and bounded; `absent` when it was not set. */
  readonly value: string;
}

/** `CONFIGURATION_INVALID` with every fault that was found. */
export class ConfigurationError extends GatewayError {
  readonly faults: readonly ConfigurationFault[];

  constructor(faults: readonly ConfigurationFault[]) {
    super(
      'CONFIGURATION_INVALID',
      `The settings must be complete and consistent, but: ${faults.map(toSentence).join(' ')}`,
    );
    this.faults = Object.freeze([...faults]);
  }
}

/**
 * The faults as a text for a terminal: one line each, then what to do next. Holds no secret.
 */
export function formatFaults(error: ConfigurationError): string {
  const count = error.faults.length === 1 ? '1 fault' : `${error.faults.length} faults`;
  return [
    `The gateway cannot start: ${count} in the settings.`,
    '',
    ...error.faults.map((fault) => `  - ${toSentence(fault)}`),
    '',
    'What to do: correct these environment variables and start again.',
    'docs/configuration.md describes each of them; `npm run demo` needs none.',
  ].join('\n');
}

/** Takes one fault after another, so that all are reported at once. */
export interface FaultCollector {
  readonly faults: readonly ConfigurationFault[];
  /** A setting that does not have the form it must have. */
  reject(setting: Setting, expected: string): void;
  /** Settings that are well-formed each, but cannot stand together. */
  contradict(settings: readonly Setting[], expected: string): void;
  /** Settings of which one is needed, and none is there. */
  missAll(settings: readonly Setting[], expected: string): void;
}

export function createFaultCollector(): FaultCollector {
  const faults: ConfigurationFault[] = [];
  return {
    faults,
    reject: (setting, expected) => {
      faults.push({ variable: setting.variable, expected, value: printSetting(setting) });
    },
    contradict: (settings, expected) => {
      faults.push({
        variable: joinNames(settings, ' and '),
        expected,
        value: settings.map(printSetting).join(' and '),
      });
    },
    missAll: (settings, expected) => {
      faults.push({ variable: joinNames(settings, ' or '), expected, value: 'absent' });
    },
  };
}

function joinNames(settings: readonly Setting[], separator: string): string {
  return settings.map(({ variable }) => variable).join(separator);
}

function toSentence({ variable, expected, value }: ConfigurationFault): string {
  return `${variable} must be ${expected}, but ${value === 'absent' ? 'is absent' : `got: ${value}`}.`;
}

function printSetting({ text, defaultText, secret }: Setting): string {
  if (text === undefined)
    return defaultText === undefined ? 'absent' : `${printValue(defaultText)} (the default)`;
  return secret ? '"***"' : printValue(redact(maskPassword(text)));
}

/** Everything between the scheme and the last `@`: a password may itself hold `@` and `/`. */
function maskPassword(text: string): string {
  return text.replace(
    /^([a-z][a-z0-9+.-]*:\/+)?.*@/is,
    (_, scheme: string | undefined) => `${scheme ?? ''}***@`,
  );
}
