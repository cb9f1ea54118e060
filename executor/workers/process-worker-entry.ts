import { crossError } from '../handler/isolation/cross-ending.ts';
import { watchParent } from '../handler/isolation/process-parent-watch.ts';
import { serveWorker } from './serve-worker.ts';

/** The first file of every worker process. */
watchParent(Number(process.argv[2]));
const send = (message: object, done?: () => void) => {
  if (process.connected) process.send?.(message, undefined, undefined, done);
};
process.on('uncaughtException', (error) => {
  send({ kind: 'crashed', error: crossError(error) }, () => process.exit(1));
});
serveWorker({
  send,
  onMessage: (listener) => void process.on('message', listener),
  exit: (code) => process.exit(code),
});
