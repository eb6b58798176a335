/** Callers in a process of their own, which asks one server at a time. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { CallReport, CallTask, WalkReport, WalkTask } from './call-task.ts';

export interface Callers extends AsyncDisposable {
  /** @throws Error when an answer is none */
  call(task: CallTask): Promise<CallReport>;
  /** Ends the call under way, which then reports. */
  stop(): void;
  /** @throws Error when an answer is none, or rows are missing */
  walk(task: WalkTask): Promise<WalkReport>;
}

type Reply = { readonly report: unknown } | { readonly failure: string };

export function startCallers(): Callers {
  const child = fork(new URL('./caller-process.ts', import.meta.url), { serialization: 'advanced' });
  return {
    call: (task) => tell<CallReport>(child, { kind: 'call', task }),
    stop: () => void child.send({ kind: 'stop' }),
    walk: (task) => tell<WalkReport>(child, { kind: 'walk', task }),
    [Symbol.asyncDispose]: async () => {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}

async function tell<Report>(child: ChildProcess, command: object): Promise<Report> {
  const answered = once(child, 'message') as Promise<[Reply]>;
  child.send(command);
  const [reply] = await answered;
  if ('failure' in reply) throw new Error(reply.failure);
  return reply.report as Report;
}
