import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../deploy/cli/main.ts', import.meta.url));

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/** One process of a cluster, which can be killed, frozen and started again with the same words. */
export interface ClusterProcess {
  readonly name: string;
  /** Resolves when it says that it is up; throws with all that it printed when it ends before. */
  start(more?: readonly string[]): Promise<void>;
  readonly isRunning: boolean;
  readonly pid: number;
  /** All that it printed in this start. */
  output(): string;
  kill(): Promise<void>;
  /** SIGSTOP and SIGCONT: a machine that stands still. */
  freeze(): void;
  thaw(): void;
  /** SIGTERM; resolves with how it ended. */
  stop(): Promise<ProcessEnd>;
  /** Of the start that is on, or of the last one. */
  ended(): Promise<ProcessEnd>;
}

export interface ProcessSpec {
  readonly name: string;
  readonly words: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** What it prints when it can be reached. */
  readonly upWhen: string;
}

export function createClusterProcess({ name, words, cwd, env, upWhen }: ProcessSpec): ClusterProcess {
  let child: ChildProcess | null = null;
  let text = '';
  let ended: Promise<ProcessEnd> = Promise.resolve({ code: null, signal: null, output: '' });
  const isRunning = (): boolean => child !== null && child.exitCode === null && child.signalCode === null;
  const signal = (which: NodeJS.Signals): void => {
    child?.kill(which);
  };

  return {
    name,
    get isRunning() {
      return isRunning();
    },
    get pid() {
      return child?.pid ?? 0;
    },
    output: () => text,
    async start(more = []) {
      if (isRunning()) throw new Error(`${name} runs already`);
      text = '';
      const started = spawn(process.execPath, [MAIN, ...words, ...more], { cwd, env: { ...cleanEnv(), ...env } });
      child = started;
      const { promise: up, resolve: isUp } = Promise.withResolvers<'up'>();
      for (const stream of [started.stdout, started.stderr]) {
        stream.setEncoding('utf8').on('data', (more: string) => {
          text += more;
          if (text.includes(upWhen)) isUp('up');
        });
      }
      ended = new Promise((resolve) => {
        started.once('close', (code, by) => resolve({ code, signal: by, output: text }));
      });
      const first = await Promise.race([up, ended]);
      if (first !== 'up') throw new Error(`${name} ended with ${first.code ?? first.signal} before it was up: ${text}`);
    },
    async kill() {
      signal('SIGKILL');
      await ended;
    },
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    async stop() {
      signal('SIGTERM');
      return await ended;
    },
    ended: () => ended,
  };
}

function cleanEnv(): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) => !/^(DAYBREAK_|NODE_OPTIONS|VITEST)/.test(name));
  return Object.fromEntries(kept) as Record<string, string>;
}
