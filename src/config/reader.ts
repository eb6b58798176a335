/**
 * Reads one setting after another: absent means its default, malformed is a fault. After a fault the
 * default stands in, so that reading goes on and the other faults are found too.
 */

import { invariant } from '../core/errors.ts';
import type { SettingName, Settings } from './env.ts';
import type { FaultCollector } from './faults.ts';
import { DURATION_FORM, findDuration, findInteger, findShare, findWord, SHARE_FORM } from './forms.ts';

type Find<Value> = (text: string) => Value | undefined;

export interface SettingReader {
  readonly settings: Settings;
  readonly faults: FaultCollector;
  /** A setting with a default; `find` returns `undefined` for what is not of the expected form. */
  value<Value>(name: SettingName, find: Find<Value>, expected: string): Value;
  /** A setting without a default. */
  optional<Value>(name: SettingName, find: Find<Value>, expected: string): Value | undefined;
  word<const Word extends string>(name: SettingName, words: readonly Word[]): Word;
  durationMs(name: SettingName): number;
  integer(name: SettingName, minimum: number, maximum: number): number;
  /** 0 to 1. */
  share(name: SettingName): number;
  isTrue(name: SettingName): boolean;
}

export function createSettingReader(settings: Settings, faults: FaultCollector): SettingReader {
  const reader: SettingReader = {
    settings,
    faults,
    value: (name, find, expected) => {
      const { defaultText } = settings[name];
      const found = reader.optional(name, find, expected) ?? (defaultText && find(defaultText));
      invariant(found !== undefined && found !== '', `Setting ${name} must have a default of its own form.`);
      return found;
    },
    optional: (name, find, expected) => {
      const setting = settings[name];
      if (setting.text === undefined) return undefined;
      const found = find(setting.text);
      if (found === undefined) faults.reject(setting, expected);
      return found;
    },
    word: (name, words) =>
      reader.value(
        name,
        (text) => findWord(text, words),
        `one of ${words.map((word) => `"${word}"`).join(', ')}`,
      ),
    durationMs: (name) => reader.value(name, findDuration, DURATION_FORM),
    integer: (name, minimum, maximum) =>
      reader.value(
        name,
        (text) => findInteger(text, minimum, maximum),
        `a whole number from ${minimum} to ${maximum}`,
      ),
    share: (name) => reader.value(name, findShare, SHARE_FORM),
    isTrue: (name) => reader.word(name, ['true', 'false']) === 'true',
  };
  return reader;
}
