import { entryModule } from './entry-module.ts';
import { forkGroup } from './process-group-fork.ts';
import type { FromWorker, IsolatedWorker, WorkerStart } from './worker-messages.ts';

/** A process for one handler. */
export function startProcess(start: WorkerStart): IsolatedWorker {
  return forkGroup({
    entry: entryModule(),
    args: [JSON.stringify(start.target)],
    memoryMbMax: start.memoryMbMax,
    onMessage: (message) => start.onMessage(message as FromWorker),
    onOutput: start.onOutput,
  });
}
