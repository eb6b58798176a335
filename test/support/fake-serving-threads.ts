/** Serving threads in the hands of a test: it sees what each is told, and says what each does. */

import { EventEmitter } from 'node:events';
import type { FromServingThread, ToServingThread } from '../../src/serving/serving-protocol.ts';
import type { ServingWorker } from '../../src/serving/serving-thread.ts';

/** What a fake thread measures. */
export type Measured = readonly number[];

export class FakeServingThread extends EventEmitter implements ServingWorker {
  readonly name: string;
  /** What it was told, oldest first. */
  readonly told: ToServingThread[] = [];
  isTerminated = false;

  constructor(name: string) {
    super();
    this.name = name;
  }

  postMessage(message: unknown): void {
    this.told.push(message as ToServingThread);
    this.emit('told', message);
  }

  say(message: FromServingThread<Measured>): void {
    this.emit('message', message);
  }

  /** Does all that a sound thread does until it listens. */
  listen(): void {
    this.say({ type: 'booted' });
    this.say({ type: 'listening' });
  }

  /** Answers the latest message of this type. */
  done(type: 'publish' | 'policy' | 'gather', measurements: Measured | null = null): void {
    const { callId } = this.findTold(type)!;
    this.say({ type: 'done', callId, measurements });
  }

  findTold<Type extends ToServingThread['type']>(
    type: Type,
  ): Extract<ToServingThread, { type: Type }> | undefined {
    return this.told.findLast((message) => message.type === type) as
      | Extract<ToServingThread, { type: Type }>
      | undefined;
  }

  /** Ends, having thrown this. */
  die(error?: unknown): void {
    if (this.isTerminated) return;
    this.isTerminated = true;
    if (error !== undefined) this.emit('error', error);
    this.emit('exit', 1);
  }

  async terminate(): Promise<void> {
    this.die();
  }
}
