/** A thread that gives way to others, and tells the priority it has then. */

import { getPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { yieldToServing } from '../../src/thread-priority.ts';

if (parentPort !== null) {
  yieldToServing();
  parentPort.postMessage(getPriority(0));
}
