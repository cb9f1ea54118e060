import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export type KeptServer = { readonly stop: () => Promise<void> };

type KeepOptions = {
  /** Program and arguments. */
  readonly command: readonly string[];
  /** The server's own folder, removed when it stops. Its output goes to the file `log` in it. */
  readonly folder: string;
  readonly isReady: () => Promise<boolean>;
};

// Starting takes a second; on one busy core it takes many.
const READY_MS_MAX = 120_000;
const POLL_MS = 50;

/** Starts a server that stops when this process ends, however it ends, and waits until it answers. */
export async function keepServer({ command, folder, isReady }: KeepOptions): Promise<KeptServer> {
  const keeperFile = fileURLToPath(new URL('./server-keeper.ts', import.meta.url));
  // A group of its own: Ctrl-C is for the run, which then stops its servers in order.
  const keeper = fork(keeperFile, [folder, ...command], {
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [],
  });
  const ended = new Promise<void>((done) => keeper.once('exit', () => done()));
  const deadlineAtMs = performance.now() + READY_MS_MAX;
  while (!(await isReady())) {
    if (hasEnded(keeper)) throw new Error(`${command[0]} did not start: ${readLog(folder)}`);
    if (performance.now() > deadlineAtMs) {
      keeper.disconnect();
      await ended;
      throw new Error(`${command[0]} did not answer within ${READY_MS_MAX / 1000} s`);
    }
    await sleep(POLL_MS);
  }
  keeper.unref();
  keeper.channel?.unref();
  return {
    stop: async () => {
      if (keeper.connected) keeper.disconnect();
      if (!hasEnded(keeper)) {
        keeper.ref();
        await ended;
      }
    },
  };
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;

function readLog(folder: string): string {
  try {
    return readFileSync(join(folder, 'log'), 'utf8').trim().split('\n').slice(-5).join('\n');
  } catch (cause) {
    return `it left no log (${(cause as Error).message})`;
  }
}
