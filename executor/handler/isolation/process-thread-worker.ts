import { Worker } from 'node:worker_threads';
import { messageOf } from '../../../shared/errors.ts';
import { createLogStream } from '../log-stream.ts';
import { entryModule } from './entry-module.ts';
import type { FromWorker, IsolatedWorker, WorkerStart } from './worker-messages.ts';

/** A thread of this process: shares its fate and its file descriptors, not its memory. */
export function startThread(start: WorkerStart): IsolatedWorker {
  const worker = new Worker(entryModule(), {
    name: start.target.name,
    workerData: start.target,
    stdout: true,
    stderr: true,
    ...(start.memoryMbMax === null ? {} : { resourceLimits: { maxOldGenerationSizeMb: start.memoryMbMax } }),
  });
  worker.stdout.pipe(createLogStream((line) => start.onOutput('info', line)));
  worker.stderr.pipe(createLogStream((line) => start.onOutput('warn', line)));
  worker.on('message', (message: FromWorker) => start.onMessage(message));
  let failure: unknown = null;
  worker.on('error', (error) => {
    failure = error;
  });
  return {
    send: (message) => worker.postMessage(message),
    kill: () => void worker.terminate(),
    ended: new Promise((resolve) => {
      worker.on('exit', (code) => resolve(howItEnded(code, failure)));
    }),
  };
}

function howItEnded(code: number, failure: unknown): string {
  if (failure === null) return `with exit code ${code}`;
  const outOfMemory = failure instanceof Error && 'code' in failure && failure.code === 'ERR_WORKER_OUT_OF_MEMORY';
  return outOfMemory ? 'for want of memory' : `by an error that nothing caught (${messageOf(failure)})`;
}
