import { messageOf } from '../../../shared/errors.ts';
import { createLogger, type Logger } from '../../../shared/logger.ts';
import type { Runtime } from '../../../shared/runtime/runtime.ts';
import { systemRuntime } from '../../../shared/runtime/system-runtime.ts';
import type { CommandCall } from '../command-call.ts';
import { COMMANDS } from '../options/commands.ts';
import { type Configured, configure, printedConfig } from '../options/configure.ts';
import { inert } from '../screen/table.ts';
import { listenForStop } from '../stop-signals.ts';
import { createServerWait, type ServerWait } from './server-wait.ts';

/** What a process that runs until it is told to stop works with. */
export interface Service {
  readonly runtime: Runtime;
  /** JSON lines on standard error. */
  readonly logger: Logger;
  /** Aborted by SIGTERM and Ctrl-C. */
  readonly stop: AbortSignal;
  readonly wait: ServerWait;
  /** A line for people, on standard output. */
  say(line: string): void;
}

/** The options of a command that has a configuration, or null when they were only to be shown. */
export function configuredCall({ command, given, terminal, cwd }: CommandCall): Configured | null {
  const configured = configure(command, given, { env: process.env, cwd, commands: COMMANDS });
  if (!given.switches.has('print-config')) return configured;
  terminal.document(printedConfig(command, configured));
  return null;
}

/**
 * Runs a service: until its work is done, or SIGTERM or Ctrl-C has ended it in order, which is code 0. A second signal ends the
 * process at once. What is thrown after the stop belongs to the stop, unless it is news.
 */
export async function runService(
  { command, terminal }: CommandCall,
  { waitMs, stopping }: { readonly waitMs: number; readonly stopping: string },
  run: (service: Service) => Promise<void>,
): Promise<number> {
  const stop = listenForStop(() => terminal.say(`stopping: ${stopping} (a second signal ends at once)`));
  const runtime = systemRuntime();
  const say = (line: string): void => terminal.say(inert(line));
  try {
    const wait = createServerWait({ waitMs, runtime, stop: stop.signal, say });
    await run({ runtime, logger: createLogger({ name: command.name }), stop: stop.signal, wait, say });
    if (stop.signal.aborted) terminal.say('stopped');
    return 0;
  } catch (thrown) {
    const [error, ...closing] = inOrder(thrown);
    for (const one of closing) terminal.warn(`daybreak: while closing: ${inert(messageOf(one))}`);
    if (!stop.signal.aborted) throw error;
    if (error === stop.signal.reason) {
      terminal.say('stopped');
      return 0;
    }
    terminal.warn(`daybreak: while stopping: ${inert(messageOf(error))}`);
    return 1;
  } finally {
    stop.dispose();
  }
}

/** What went wrong first, and then what failed while everything was closed for it. */
const inOrder = (error: unknown): unknown[] =>
  error instanceof SuppressedError ? [...inOrder(error.suppressed), ...inOrder(error.error)] : [error];

/** Resolves when the signal is aborted. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
