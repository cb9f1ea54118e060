import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LogLevel } from '../handler-context.ts';
import { createLogStream } from '../log-stream.ts';

export interface GroupFork {
  readonly entry: URL;
  readonly args: readonly string[];
  readonly memoryMbMax: number | null;
  readonly onMessage: (message: unknown) => void;
  /** What it wrote to its standard output and error. */
  readonly onOutput: (level: LogLevel, line: string) => void;
}

export interface ForkedGroup {
  send(message: object): void;
  /** Ends it and all that it started, now. `ended` says when that is done. */
  kill(): void;
  /** Resolves with words about how it ended; never rejects. */
  readonly ended: Promise<string>;
}

/** A process of its own, first of a process group of its own, so that what it starts can be ended with it. */
export function forkGroup({ entry, args, memoryMbMax, onMessage, onOutput }: GroupFork): ForkedGroup {
  const child = fork(fileURLToPath(entry), [...args, String(process.pid)], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: execArgv(memoryMbMax),
  });
  child.stdout?.pipe(createLogStream((line) => onOutput('info', line)));
  child.stderr?.pipe(createLogStream((line) => onOutput('warn', line)));
  child.on('message', onMessage);
  return {
    // A message to one that is ending is lost with it: how it ended says all.
    send: (message) => void (child.connected && child.send(message, () => undefined)),
    kill: () => killGroup(child),
    ended: untilGone(child),
  };
}

/** What it inherits; only the debugger's port cannot be had twice. */
function execArgv(memoryMbMax: number | null): string[] {
  const inherited = process.execArgv.filter((arg) => !/^--inspect/.test(arg));
  return memoryMbMax === null ? inherited : [...inherited, `--max-old-space-size=${memoryMbMax}`];
}

/** Its last words may still lie in the channel when it is gone, so the end of both is waited for. */
async function untilGone(child: ChildProcess): Promise<string> {
  const how = await new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`because it could not be started (${error.message})`));
    child.once('exit', (code, signal) => resolve(signal === null ? `with exit code ${code}` : `by signal ${signal}`));
  });
  killGroup(child);
  if (child.connected) await new Promise<void>((resolve) => child.once('disconnect', () => resolve()));
  return how;
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    // ESRCH: nobody of the group is left. Without groups (Windows) there is the process itself.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') child.kill('SIGKILL');
  }
}
