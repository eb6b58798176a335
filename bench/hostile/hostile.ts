/** Hostile callers of a gateway, in a process of their own. */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { AttackReport, AttackTask, HostileCommand } from './hostile-process.ts';

export interface HostileCallers extends AsyncDisposable {
  /** Begins at once; one attack at a time. */
  attack(task: AttackTask): void;
  /** Ends the attack when each kind was tried once, and all requests have ended. @throws Error when the process ended */
  stop(): Promise<AttackReport>;
}

export function startHostileCallers(): HostileCallers {
  const child = fork(new URL('./hostile-process.ts', import.meta.url));
  const ended = once(child, 'exit');
  const tell = (command: HostileCommand): void => void child.send(command);
  return {
    attack: (task) => tell({ attack: task }),
    stop: async () => {
      const answered = once(child, 'message') as Promise<[AttackReport]>;
      tell('stop');
      const died = ended.then(([code]): never => {
        throw new Error(`The process of the hostile callers ended with ${code}.`);
      });
      return (await Promise.race([answered, died]))[0];
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.disconnect();
      await ended;
    },
  };
}
