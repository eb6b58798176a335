/** The settings that bound what one request may be made of and may cause. Each stands alone. */

import type { SettingReader } from './reader.ts';

export interface LimitsConfig {
  /** Cost of one operation, in rows, 1 to 1,000,000,000. */
  readonly maximumCost: number;
  /** Fields in fields, 1 to 100. */
  readonly maximumDepth: number;
  /** Aliased fields of a document, 0 to 10,000. */
  readonly maximumAliases: number;
  /** Directives of a document, 0 to 10,000. */
  readonly maximumDirectives: number;
  /** Fields that one operation asks of the root, 1 to 1,000. */
  readonly maximumRootFields: number;
  /** Of a document, 100 to 20,000. */
  readonly maximumTokens: number;
  /** Of a request, 1 KiB to 64 MiB. */
  readonly maximumBodyBytes: number;
  /** From the arrival of a request on; 0: as long as it takes. */
  readonly requestDeadlineMs: number;
  /** Whether the schema may be asked for. */
  readonly introspection: boolean;
}

export function parseLimits(reader: SettingReader): LimitsConfig {
  return {
    maximumCost: reader.integer('maximumCost', 1, 1_000_000_000),
    maximumDepth: reader.integer('maximumDepth', 1, 100),
    maximumAliases: reader.integer('maximumAliases', 0, 10_000),
    maximumDirectives: reader.integer('maximumDirectives', 0, 10_000),
    maximumRootFields: reader.integer('maximumRootFields', 1, 1_000),
    maximumTokens: reader.integer('maximumTokens', 100, 20_000),
    maximumBodyBytes: reader.integer('maximumBodyBytes', 1_024, 67_108_864),
    requestDeadlineMs: reader.durationMs('requestDeadline'),
    introspection: reader.word('introspection', ['on', 'off']) === 'on',
  };
}
