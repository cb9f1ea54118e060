import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { crossError } from './cross-ending.ts';
import { watchParent } from './process-parent-watch.ts';
import { serveAttempts } from './serve-attempts.ts';
import type { ToWorker, WorkerTarget } from './worker-messages.ts';

/** The first file of every thread and process of a handler. */
if (isMainThread) serveInProcess();
else serveInThread();

function serveInThread(): void {
  serveAttempts(workerData as WorkerTarget, {
    send: (message) => parentPort?.postMessage(message),
    onMessage: (listener) => void parentPort?.on('message', (message: ToWorker) => listener(message)),
    exit: () => process.exit(0),
  });
}

function serveInProcess(): void {
  const target = JSON.parse(process.argv[2] ?? '{}') as WorkerTarget;
  watchParent(Number(process.argv[3]));
  process.on('uncaughtException', (error) => {
    process.send?.({ kind: 'crashed', error: crossError(error) }, () => process.exit(1));
  });
  serveAttempts(target, {
    send: (message) => void (process.connected && process.send?.(message)),
    onMessage: (listener) => void process.on('message', (message) => listener(message as ToWorker)),
    exit: () => process.exit(0),
  });
}
