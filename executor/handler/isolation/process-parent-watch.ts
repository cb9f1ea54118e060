import { Worker } from 'node:worker_threads';

/**
 * Ends this process and its group when its parent is no more, even while a handler blocks the event loop and cannot
 * hear that the channel is closed: another thread looks at the parent's pid twice a second. It asks no one and holds
 * nothing up.
 */
export function watchParent(parentPid: number): void {
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  const code = `
    const cell = new Int32Array(new SharedArrayBuffer(4));
    while (process.ppid === ${parentPid}) Atomics.wait(cell, 0, 0, 500);
    try { process.kill(-process.pid, 'SIGKILL'); } catch { process.kill(process.pid, 'SIGKILL'); }
  `;
  new Worker(code, { eval: true }).unref();
}
