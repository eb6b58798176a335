/**
 * The simulated tenant as a command: arguments in, lines of text out, running until it is told to stop. It
 * does not touch the process; whoever calls it does.
 */

import { parseArgs } from 'node:util';
import { type FaultName, findNamedFault, NAMED_FAULTS, orderFault } from './faults/named-faults.ts';
import { BROKEN_RECORDS, QUIRKS, type QuirkName, type QuirkSelection } from './inventory/quirks.ts';
import { WIRE_SPELLINGS, type WireSpelling } from './inventory/spelling.ts';
import type { SimulatorOptions } from './options.ts';
import { createSimulator } from './simulator.ts';

export interface SimulatorCommandOutput {
  /** Writes one line to standard output, without a line end of its own. */
  readonly writeLine: (line: string) => void;
  /** Writes one line to standard error. */
  readonly writeError: (line: string) => void;
  /** Ends the command. */
  readonly signal: AbortSignal;
}

const HELP = `npm run simulator -- [options]

Runs a simulated Microsoft Defender tenant on one port: Entra, the two certificate
endpoints, a managed identity and the blob store. Prints the settings that point a
gateway at it.

  --devices <n>            devices in the inventory, 0 to 10000000 (200)
  --records-per-device <n> records of an average device (100)
  --records-per-file <n>   records of an export file, about (25000)
  --coverage <percent>     share of the devices that the licence covers (100)
  --seed <n>               decides all data (1)
  --quirks <list>          none, realistic, all, or names separated by commas (realistic):
                           ${[...QUIRKS, BROKEN_RECORDS].join(', ').replace(/(.{40,60}), /g, '$1,\n                           ')}
  --spelling <name>        of both endpoints: ${WIRE_SPELLINGS.join(', ')}
  --spelling-export <name> of the files (pascal)
  --spelling-paged <name>  of the pages (current)
  --host <address>         where to listen (127.0.0.1)
  --port <n>               0 for any free one (0)
  --public-url <url>       base of the addresses handed out, where it differs
  --no-licence             a tenant without the vulnerability management licence
  --no-role                tokens without the application role
  --no-limits              without call quotas
  --fault <list>           faults to have, separated by commas; each lasts, or with
                           ":n" behind its name hits n calls
  --faults                 the names of all faults, and what each is about
  --help                   this text`;

const OPTIONS = {
  devices: { type: 'string' },
  'records-per-device': { type: 'string' },
  'records-per-file': { type: 'string' },
  coverage: { type: 'string' },
  seed: { type: 'string' },
  quirks: { type: 'string' },
  spelling: { type: 'string' },
  'spelling-export': { type: 'string' },
  'spelling-paged': { type: 'string' },
  host: { type: 'string' },
  port: { type: 'string' },
  'public-url': { type: 'string' },
  'no-licence': { type: 'boolean' },
  'no-role': { type: 'boolean' },
  'no-limits': { type: 'boolean' },
  fault: { type: 'string' },
  faults: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

/**
 * Runs the command until the signal fires.
 *
 * @returns exit code: 0, or 64 when the arguments cannot be used
 * @throws what listening fails with, such as EADDRINUSE
 */
export async function runSimulatorCommand(
  args: readonly string[],
  { writeLine, writeError, signal }: SimulatorCommandOutput,
): Promise<number> {
  const parsed = parseSimulatorArguments(args);
  if (parsed.kind === 'help') {
    writeLine(HELP);
    return 0;
  }
  if (parsed.kind === 'list') {
    for (const [name, { about }] of Object.entries(NAMED_FAULTS)) writeLine(`${name.padEnd(26)} ${about}`);
    return 0;
  }
  if (parsed.kind === 'faults') {
    writeError('The simulator cannot start with these arguments:');
    for (const fault of parsed.faults) writeError(`  ${fault}`);
    writeError('Run it with --help to see every option.');
    return 64;
  }
  await using simulator = await createSimulator(parsed.options);
  for (const { name, times } of parsed.orders) orderFault(simulator, name, times);
  writeLine(`Simulated Defender tenant on ${simulator.url}`);
  for (const [name, value] of Object.entries(simulator.environment)) writeLine(`${name}=${value}`);
  if (!signal.aborted) {
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  }
  return 0;
}

export type ParsedSimulatorArguments =
  | { readonly kind: 'help' }
  | { readonly kind: 'list' }
  | {
      readonly kind: 'options';
      readonly options: SimulatorOptions;
      readonly orders: readonly FaultOrder[];
    }
  | { readonly kind: 'faults'; readonly faults: readonly string[] };

/** A fault that the tenant is to have. */
export interface FaultOrder {
  readonly name: FaultName;
  /** Calls that it hits; `Infinity` for all. */
  readonly times: number;
}

/** Reads the arguments; every fault is listed with what is expected. */
export function parseSimulatorArguments(args: readonly string[]): ParsedSimulatorArguments {
  const { values, tokens, positionals } = parseArgs({
    args: [...args],
    options: OPTIONS,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  if (values.help === true) return { kind: 'help' };
  if (values.faults === true) return { kind: 'list' };
  const faults = positionals.map((text) => `${text}: expected an option that starts with --.`);
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const known = (OPTIONS as Readonly<Record<string, { type: string }>>)[token.name];
    if (known === undefined) faults.push(`${token.rawName}: no such option.`);
    else if (known.type === 'string' && token.value === undefined)
      faults.push(`${token.rawName}: expected a value.`);
    else if (known.type === 'boolean' && token.value !== undefined)
      faults.push(`${token.rawName}: takes no value.`);
  }
  const text = (name: keyof typeof OPTIONS): string | undefined => {
    const value = values[name];
    return typeof value === 'string' ? value : undefined;
  };
  const whole = (name: keyof typeof OPTIONS, minimum: number, maximum: number): number | undefined => {
    const value = text(name);
    if (value === undefined) return undefined;
    const number = Number(value);
    if (/^-?\d+$/.test(value) && number >= minimum && number <= maximum) return number;
    faults.push(`--${name}: expected a whole number from ${minimum} to ${maximum}, but got: ${value}.`);
    return undefined;
  };
  const spelling = (name: keyof typeof OPTIONS): WireSpelling | undefined => {
    const value = text(name);
    const found = WIRE_SPELLINGS.find((known) => known === value);
    if (value !== undefined && found === undefined) {
      faults.push(`--${name}: expected one of ${WIRE_SPELLINGS.join(', ')}, but got: ${value}.`);
    }
    return found;
  };
  const coverage = whole('coverage', 0, 100);
  const both = spelling('spelling');
  const options: SimulatorOptions = withoutUndefined({
    devices: whole('devices', 0, 10_000_000),
    recordsPerDevice: whole('records-per-device', 1, 100_000),
    recordsPerFile: whole('records-per-file', 1, 10_000_000),
    coverage: coverage === undefined ? undefined : coverage / 100,
    seed: whole('seed', -(2 ** 31), 2 ** 31 - 1),
    port: whole('port', 0, 65_535),
    host: text('host'),
    publicUrl: readUrl(text('public-url'), faults),
    quirks: readQuirks(text('quirks'), faults),
    spelling: withoutUndefined({
      export: spelling('spelling-export') ?? both,
      paged: spelling('spelling-paged') ?? both,
    }),
    licensed: values['no-licence'] === true ? false : undefined,
    roles: values['no-role'] === true ? [] : undefined,
    limits: values['no-limits'] === true ? { paged: NO_LIMIT, export: NO_LIMIT } : undefined,
  });
  const orders = readOrders(text('fault'), faults);
  return faults.length > 0 ? { kind: 'faults', faults } : { kind: 'options', options, orders };
}

const NO_LIMIT = { perMinute: Number.POSITIVE_INFINITY, perHour: Number.POSITIVE_INFINITY };

function readUrl(value: string | undefined, faults: string[]): string | undefined {
  if (value === undefined || (URL.canParse(value) && /^https?:\/\/[^/?#]+\/?$/.test(value))) {
    return value?.replace(/\/$/, '');
  }
  faults.push(`--public-url: expected http:// or https://, a host and maybe a port, but got: ${value}.`);
  return undefined;
}

function readQuirks(value: string | undefined, faults: string[]): QuirkSelection | undefined {
  if (value === undefined || value === 'none' || value === 'realistic' || value === 'all') return value;
  const known: readonly string[] = [...QUIRKS, BROKEN_RECORDS];
  const names = value.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length === 0) return names as QuirkName[];
  faults.push(
    `--quirks: expected none, realistic, all or names out of ${known.join(', ')}, but got: ${unknown.join(', ')}.`,
  );
  return undefined;
}

function readOrders(value: string | undefined, faults: string[]): readonly FaultOrder[] {
  const orders: FaultOrder[] = [];
  for (const entry of value?.split(',') ?? []) {
    const [, name = '', times] = /^([^:]*)(?::([1-9]\d{0,8}))?$/.exec(entry.trim()) ?? [];
    if (findNamedFault(name) === undefined) {
      faults.push(
        `--fault: expected names that --faults lists, each with a number of calls or none, but got: ${entry}.`,
      );
    } else
      orders.push({
        name: name as FaultName,
        times: times === undefined ? Number.POSITIVE_INFINITY : Number(times),
      });
  }
  return orders;
}

/** Drops the members that are undefined, so that defaults apply. */
function withoutUndefined<Value extends object>(
  value: Value,
): { [Key in keyof Value]: Exclude<Value[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as {
    [Key in keyof Value]: Exclude<Value[Key], undefined>;
  };
}
