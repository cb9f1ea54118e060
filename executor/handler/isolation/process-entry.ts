import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { crossError } from './cross-ending.ts';
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
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  process.on('uncaughtException', (error) => {
    process.send?.({ kind: 'crashed', error: crossError(error) }, () => process.exit(1));
  });
  serveAttempts(target, {
    send: (message) => void (process.connected && process.send?.(message)),
    onMessage: (listener) => void process.on('message', (message) => listener(message as ToWorker)),
    exit: () => process.exit(0),
  });
}

/**
 * Ends this process and its group when its parent is no more, even while a handler blocks the event loop and cannot
 * hear that the channel is closed: another thread looks at the parent's pid twice a second. It asks no one and holds
 * nothing up.
 */
function watchParent(parentPid: number): void {
  const code = `
    const cell = new Int32Array(new SharedArrayBuffer(4));
    while (process.ppid === ${parentPid}) Atomics.wait(cell, 0, 0, 500);
    try { process.kill(-process.pid, 'SIGKILL'); } catch { process.kill(process.pid, 'SIGKILL'); }
  `;
  new Worker(code, { eval: true }).unref();
}
