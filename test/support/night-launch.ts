import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const COMMAND = join(ROOT, 'deploy/bootstrap/daybreak.mjs');
const LAUNCHER = `import { launch } from ${JSON.stringify(pathToFileURL(join(ROOT, 'deploy/bootstrap/launch.mjs')).href)};
launch({ node: process.execPath, args: process.argv.slice(2) });
`;

export interface LaunchEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command as somebody with an older Node starts it: a launcher, and the real process as its child. */
export interface LaunchedNight {
  readonly launcher: ChildProcess;
  /** The real process, once there is one. */
  realPid(): number | null;
  output(): string;
  /** Resolves when the launcher has ended and the last process that holds its output, too. */
  readonly ended: Promise<LaunchEnd>;
}

export function launchNight(cwd: string, args: readonly string[], env: Record<string, string> = {}): LaunchedNight {
  const kept = Object.entries(process.env).filter(([name]) => !/^(DAYBREAK_|NODE_OPTIONS|VITEST)/.test(name));
  const file = join(cwd, 'launcher.mjs');
  writeFileSync(file, LAUNCHER);
  const launcher = spawn(process.execPath, [file, COMMAND, 'night', ...args], {
    cwd,
    env: { ...Object.fromEntries(kept), ...env },
  });
  let [stdout, stderr] = ['', ''];
  launcher.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  launcher.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return {
    launcher,
    realPid: () => firstChildOf(launcher.pid ?? 0),
    output: () => stdout + stderr,
    ended: new Promise((resolve) => {
      launcher.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
    }),
  };
}

function firstChildOf(pid: number): number | null {
  const file = `/proc/${pid}/task/${pid}/children`;
  if (!existsSync(file)) return null;
  const [first] = readFileSync(file, 'utf8').trim().split(' ');
  return first === undefined || first === '' ? null : Number(first);
}

/** False for a process that has ended, also where nobody has collected it. */
export function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}/stat`) && !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}
