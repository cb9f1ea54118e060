import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PLAN_HEADER } from '../../executor/examples/settlement/plan-line.ts';

const MAIN = fileURLToPath(new URL('../../deploy/cli/main.ts', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

/** The command as a real process, in a folder of its own; its pipes are read to the end. */
export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** What it has shown so far. */
  output(): string;
  /** Resolves when standard output or error has shown the text; rejects when the process ends before. */
  shows(text: string | RegExp): Promise<void>;
}

/** A folder for one test, with a blank and Chinese in its name: every path of the command has to bear that. */
export interface Bench {
  readonly dir: string;
  start(args: readonly string[], env?: Record<string, string>): Started;
  run(args: readonly string[], env?: Record<string, string>): Promise<Ended>;
  /** A plan file of `contracts` premiums and principals, all due on 2026-11-20, 1.00 and 10.00 CNY. */
  plans(contracts: number, name?: string): string;
  report(date?: string): Report;
  remove(): void;
}

export interface Report {
  readonly exitCode: number;
  readonly file: { dataLines: number; accepted: number; rejected: Record<string, number> };
  readonly legs: Record<string, Record<string, Record<string, { count: number; amountMinor: number }>>>;
  readonly conservation: { holds: boolean; differences: { kind: string }[] };
  readonly reconciliation: { matched: number };
  readonly executors: { address: string; shardIndex: number; items: number }[];
  readonly cutOffAt: number;
  readonly startedAt: number;
}

export function nightBench(): Bench {
  const dir = mkdtempSync(join(tmpdir(), 'daybreak night 夜-'));
  const children = new Set<ChildProcess>();
  const bench: Bench = {
    dir,
    start(args, env = {}) {
      const started = startCommand(dir, args, env);
      children.add(started.child);
      return started;
    },
    run: (args, env) => bench.start(args, env).ended,
    plans(contracts, name = 'plans.csv') {
      const path = join(dir, name);
      writeFileSync(path, planFile(contracts));
      return path;
    },
    report: (date = '2026-11-20') =>
      JSON.parse(readFileSync(join(dir, 'daybreak-data/nights', date, 'report.json'), 'utf8')) as Report,
    remove() {
      for (const child of children) child.kill('SIGKILL');
      rmSync(dir, { recursive: true, force: true });
    },
  };
  return bench;
}

export function planFile(contracts: number, dueDate = '2026-11-20'): string {
  const lines = [PLAN_HEADER];
  for (let n = 1; n <= contracts; n++) {
    const who = `U${n},M1,62100000${String(n).padStart(6, '0')},CNY`;
    lines.push(`C${n},1,PREMIUM,${who},1.00,${dueDate}`, `C${n},1,PRINCIPAL,${who},10.00,${dueDate}`);
  }
  return `${lines.join('\n')}\nTRAILER,${contracts * 2}\n`;
}

function startCommand(cwd: string, args: readonly string[], env: Record<string, string>): Started {
  const startedAtMs = performance.now();
  const child = spawn(process.execPath, [MAIN, ...args], { cwd, env: { ...cleanEnv(), ...env } });
  let [stdout, stderr] = ['', ''];
  const listeners = new Set<() => void>();
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    for (const listener of [...listeners]) listener();
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    for (const listener of [...listeners]) listener();
  });
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code, signal) => {
      resolve({ code, signal, stdout, stderr, ms: performance.now() - startedAtMs });
    });
  });
  return {
    child,
    ended,
    output: () => stdout + stderr,
    shows: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const all = stdout + stderr;
          if (typeof text === 'string' ? !all.includes(text) : !text.test(all)) return;
          listeners.delete(look);
          resolve();
        };
        listeners.add(look);
        look();
        void ended.then((end) => reject(new Error(`it ended before it showed ${text}: ${JSON.stringify(end)}`)));
      }),
  };
}

/** The environment without what would change the command's own choices. */
function cleanEnv(): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) => !/^(DAYBREAK_|NODE_OPTIONS|VITEST)/.test(name));
  return Object.fromEntries(kept) as Record<string, string>;
}
