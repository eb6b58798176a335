/**
 * Reads the few Dockerfile instructions that ours uses, so that they can be followed without Docker. An
 * instruction that is not known is an error: a step that is not followed proves nothing.
 */

export type Instruction =
  | { readonly kind: 'workdir'; readonly path: string }
  | {
      readonly kind: 'copy';
      readonly from: string | null;
      readonly sources: readonly string[];
      readonly target: string;
    }
  | { readonly kind: 'run'; readonly command: string }
  | { readonly kind: 'environment'; readonly values: Readonly<Record<string, string>> }
  | { readonly kind: 'healthcheck' | 'entrypoint'; readonly command: readonly string[] }
  | { readonly kind: 'volume' | 'user' | 'expose' | 'stopsignal'; readonly value: string };

export interface Stage {
  readonly name: string;
  readonly image: string;
  readonly instructions: readonly Instruction[];
}

/** The stages in order. @throws on an instruction that is not known, with its text */
export function parseDockerfile(text: string): readonly Stage[] {
  const stages: { name: string; image: string; instructions: Instruction[] }[] = [];
  for (const line of joinLines(text)) {
    const stage = /^FROM (\S+) AS (\S+)$/.exec(line);
    if (stage !== null)
      stages.push({ image: stage[1] as string, name: stage[2] as string, instructions: [] });
    else stages.at(-1)?.instructions.push(parseInstruction(line));
  }
  return stages;
}

function joinLines(text: string): readonly string[] {
  const withoutComments = text.replace(/^\s*#.*\n/gm, '').replace(/\\\n\s*/g, '');
  return withoutComments.split('\n').filter((line) => line.trim() !== '');
}

function parseInstruction(line: string): Instruction {
  const [, name = '', rest = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
  switch (name) {
    case 'WORKDIR':
      return { kind: 'workdir', path: rest };
    case 'COPY': {
      const words = rest.split(/\s+/);
      const from = words.find((word) => word.startsWith('--from='))?.slice('--from='.length) ?? null;
      const paths = words.filter((word) => !word.startsWith('--'));
      return { kind: 'copy', from, sources: paths.slice(0, -1), target: paths.at(-1) as string };
    }
    case 'RUN':
      return { kind: 'run', command: rest };
    case 'ENV':
      return {
        kind: 'environment',
        values: Object.fromEntries(rest.split(/\s+/).map((pair) => pair.split('='))),
      };
    case 'HEALTHCHECK':
      return { kind: 'healthcheck', command: JSON.parse(rest.slice(rest.indexOf('['))) };
    case 'ENTRYPOINT':
      return { kind: 'entrypoint', command: JSON.parse(rest) };
    case 'VOLUME':
    case 'USER':
    case 'EXPOSE':
    case 'STOPSIGNAL':
      return { kind: name.toLowerCase() as 'volume' | 'user' | 'expose' | 'stopsignal', value: rest };
    default:
      throw new Error(`The Dockerfile has an instruction that this proof cannot follow: ${line}`);
  }
}
