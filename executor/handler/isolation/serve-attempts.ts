import { Console } from 'node:console';
import { DaybreakError, messageOf } from '../../../shared/errors.ts';
import { AttemptStopped } from '../attempt.ts';
import type { HandlerHost } from '../handler-host.ts';
import { createInlineHost } from '../inline-host.ts';
import { createLogStream } from '../log-stream.ts';
import { crossEnding } from './cross-ending.ts';
import { loadHandler } from './load-handler.ts';
import type { NodeChannel, ToWorker, WorkerTarget } from './worker-messages.ts';

/** Inside a thread or process: runs the attempts that the node sends, one after another, until it says close. */
export function serveAttempts(target: WorkerTarget, node: NodeChannel): void {
  let stop = new AbortController();
  let flushes: (() => void)[] = [];
  let params: unknown;
  let hosting: Promise<HandlerHost> | null = null;

  const log = {
    info: (text: string) => node.send({ kind: 'log', level: 'info', text }),
    warn: (text: string) => node.send({ kind: 'log', level: 'warn', text }),
    error: (text: string) => node.send({ kind: 'log', level: 'error', text }),
    flushed: () =>
      new Promise<void>((resolve) => {
        flushes.push(resolve);
        node.send({ kind: 'flush' });
      }),
  };
  // Whatever is printed belongs to the one attempt that is here, so its run log gets it, and in order.
  globalThis.console = new Console({ stdout: createLogStream(log.info), stderr: createLogStream(log.warn) });

  async function openHost(executorAddress: string): Promise<HandlerHost> {
    const handler = await loadHandler(target);
    // Only a module with a schema of its own pays for the validator.
    const read =
      handler.params === undefined ? null : (await import('../read-params.ts')).createParamsReader(handler.params);
    return createInlineHost(handler, {
      readParams: ({ attempt }) => (read === null ? params : read(attempt.param)),
      executorAddress,
      // The node counts the time, for the handler's stop and for its close alike.
      stopGraceMs: 0,
      runtime: { sleep: () => new Promise(() => undefined) },
      logger: { warn: (_: object | string, text?: string) => log.warn(text ?? 'the handler could not be destroyed') },
    });
  }

  async function run(message: Extract<ToWorker, { kind: 'run' }>): Promise<void> {
    stop = new AbortController();
    params = message.params;
    hosting ??= openHost(message.executorAddress);
    try {
      const host = await hosting;
      const ending = await host.run({ attempt: message.attempt, signal: stop.signal, log });
      node.send({ kind: 'ended', ending: crossEnding(ending) });
    } catch (cause) {
      hosting = null;
      const why = `handler "${target.name}" could not be loaded: ${messageOf(cause)}`;
      const error = new DaybreakError('HANDLER_INIT_FAILED', why, { cause });
      node.send({ kind: 'ended', ending: crossEnding({ kind: 'threw', error }) });
    }
  }

  async function close(): Promise<void> {
    await (await hosting?.catch(() => null))?.close(0);
    node.exit();
  }

  node.onMessage((message) => {
    switch (message.kind) {
      case 'run':
        void run(message);
        return;
      case 'stop':
        node.send({ kind: 'stop-heard' });
        stop.abort(new AttemptStopped(message.why));
        return;
      case 'flushed': {
        const [first, ...rest] = flushes;
        flushes = rest;
        first?.();
        return;
      }
      case 'close':
        void close();
    }
  });
}
