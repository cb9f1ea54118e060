import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DaybreakError } from '../../../../shared/errors.ts';
import type { Dials } from './dials.ts';
import { checkSimulatorOptions, type GatewaySimulatorOptions } from './simulator-options.ts';

export interface SpawnedGatewaySimulator {
  readonly url: string;
  readonly port: number;
  readonly key: string;
  readonly books: string;
  readonly pid: number;
  setDials(dials: Partial<Dials>): void;
  /** Resolves with the exit code, or null after a signal. */
  readonly exited: Promise<number | null>;
  /** Asks it to end, and waits until it has. */
  close(): Promise<void>;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
}

/**
 * The simulator as a child process that ends with this one. The key and the secret go by the environment, which,
 * unlike arguments, no process list shows.
 * @throws DaybreakError BAD_OPTION before anything is started, INTERNAL when the child ends before it listens.
 */
export async function spawnGatewaySimulator(options: GatewaySimulatorOptions): Promise<SpawnedGatewaySimulator> {
  checkSimulatorOptions(options);
  // Beside this file lies main.ts when the source is run, and main.js when it was compiled.
  const main = fileURLToPath(new URL(`./main${extname(import.meta.url)}`, import.meta.url));
  const { callbackSecret } = options;
  const child = fork(main, argumentsOf(options), {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: {
      ...process.env,
      DAYBREAK_GATEWAY_KEY: options.key,
      ...(callbackSecret !== undefined && { DAYBREAK_GATEWAY_CALLBACK_SECRET: callbackSecret }),
    },
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const port = await portOf(child);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    key: options.key,
    books: options.books,
    pid: child.pid ?? 0,
    setDials: (dials) => void child.send({ dials }),
    exited,
    async close() {
      child.kill('SIGTERM');
      await exited;
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function argumentsOf(options: GatewaySimulatorOptions): string[] {
  const args = [`--books=${options.books}`];
  const add = (name: string, value: string | number | undefined): void => {
    if (value !== undefined) args.push(`--${name}=${value}`);
  };
  add('port', options.port);
  add('preset', options.preset);
  add('seed', options.seed);
  add('callback-url', options.callbackUrl);
  add('time-zone', options.timeZone);
  add('business-date', options.businessDate);
  add('capabilities', options.capabilities && JSON.stringify(options.capabilities));
  add('dials', options.dials && JSON.stringify(options.dials));
  if (options.durability === 'none') args.push('--instant');
  return args;
}

async function portOf(child: ChildProcess): Promise<number> {
  const ending = new AbortController();
  try {
    const first: unknown[] = await Promise.race([
      once(child, 'message', { signal: ending.signal }),
      once(child, 'exit', { signal: ending.signal }),
    ]);
    const announced = first[0];
    if (typeof announced === 'object' && announced !== null && 'port' in announced) return Number(announced.port);
    throw new DaybreakError('INTERNAL', `the gateway simulator ended before it listened (exit code ${announced})`);
  } finally {
    ending.abort();
  }
}
