/**
 * The main thread as a serving thread sees it: somebody who says what to serve, and who answers questions about what
 * only one thread can know.
 *
 * What a handler throws ends the thread, and the main thread starts another: a thread that cannot do what it was
 * told must not go on answering.
 */

import type { AccessPolicy } from '../core/access-policy.ts';
import type { EncodedSnapshot } from '../snapshot/format.ts';
import {
  type AnswerOf,
  type ArgumentsOf,
  type FromServingThread,
  fromRefusal,
  type ServingAddress,
  type ServingPort,
  type ToServingThread,
} from './serving-protocol.ts';

/** What the main thread tells this one to do. */
export interface ServingHandlers<Measurements> {
  /** Once, first of all: serve this, there, to those callers. Resolves when it listens. */
  serve(
    snapshot: EncodedSnapshot | null,
    address: ServingAddress,
    policy: AccessPolicy | null,
  ): Promise<void>;
  /** Switches; when it returns, no later request may see what was served before. */
  publish(snapshot: EncodedSnapshot): void;
  /** Switches; when it returns, no later caller may be judged by the policy before. */
  adoptPolicy(policy: AccessPolicy): void;
  gather(): Promise<Measurements>;
  /** Resolves when the last answer is on its way. */
  stop(options: { readonly graceMs: number }): Promise<void>;
}

/** @template Answers the answer to each question, by its name; a function for one that is asked with an argument */
export interface MainThread<Answers, Measurements> {
  /**
   * Asks. Takes as long as the main thread needs to come to it.
   *
   * @throws {GatewayError} what the main thread threw, as far as it crosses between threads
   */
  ask<Question extends keyof Answers & string>(
    question: Question,
    ...argument: ArgumentsOf<Answers[Question]>
  ): Promise<AnswerOf<Answers[Question]>>;
  /** Says that this thread is ready to be told; once. */
  follow(handlers: ServingHandlers<Measurements>): void;
}

export function connectMainThread<Answers, Measurements>(
  port: ServingPort,
): MainThread<Answers, Measurements> {
  const post = (message: FromServingThread<Measurements>) => port.postMessage(message);
  const asked = new Map<number, PromiseWithResolvers<unknown>>();
  let callCount = 0;

  return {
    ask<Question extends keyof Answers & string>(
      question: Question,
      ...[argument]: ArgumentsOf<Answers[Question]>
    ) {
      callCount += 1;
      const answered = Promise.withResolvers<unknown>();
      asked.set(callCount, answered);
      post({ type: 'ask', callId: callCount, question, ...(argument === undefined ? {} : { argument }) });
      return answered.promise as Promise<AnswerOf<Answers[Question]>>;
    },
    follow(handlers) {
      port.on('message', (message) => void obey(handlers, message as ToServingThread));
      post({ type: 'booted' });
    },
  };

  async function obey(handlers: ServingHandlers<Measurements>, message: ToServingThread): Promise<void> {
    switch (message.type) {
      case 'serve':
        await handlers.serve(message.snapshot, message.address, message.policy);
        post({ type: 'listening' });
        return;
      case 'publish':
        handlers.publish(message.snapshot);
        post({ type: 'done', callId: message.callId, measurements: null });
        return;
      case 'policy':
        handlers.adoptPolicy(message.policy);
        post({ type: 'done', callId: message.callId, measurements: null });
        return;
      case 'gather':
        post({ type: 'done', callId: message.callId, measurements: await handlers.gather() });
        return;
      case 'answer': {
        const { callId, answer, refusal } = message;
        const answered = asked.get(callId);
        asked.delete(callId);
        if (refusal === null) answered?.resolve(answer);
        else answered?.reject(fromRefusal(refusal));
        return;
      }
      case 'stop':
        await handlers.stop({ graceMs: message.graceMs });
        post({ type: 'stopped' });
        return;
    }
  }
}
