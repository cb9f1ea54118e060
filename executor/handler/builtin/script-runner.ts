import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { DaybreakError } from '../../../shared/errors.ts';
import type { Runtime } from '../../../shared/runtime/runtime.ts';
import type { Attempt } from '../attempt.ts';
import type { Handler, HandlerContext } from '../handler-context.ts';
import { programEnv, runProgram, SEARCH_DIRS, STOP_GRACE_MS } from './run-program.ts';
import { type InterpreterName, SCRIPT_TYPES, type ScriptSource, type ScriptType } from './script-types.ts';
import { writeScriptFile } from './write-script-file.ts';

/**
 * Lets this executor run scripts that come with run requests. Whoever may edit a job can then run any code as `user`
 * on this machine, so it is off unless given.
 */
export interface ScriptOptions {
  /** Which languages: names (the program is looked for where programs lie), or names with absolute paths. */
  readonly interpreters: readonly InterpreterName[] | Readonly<Partial<Record<InterpreterName, string>>>;
  /** Where script files are written; default `scripts` in the executor's `dataDir`. Its mode becomes 0700. */
  readonly dir?: string;
  /** When given, only scripts whose text has one of these SHA-256 sums (hex) are run: those that somebody reviewed. */
  readonly sha256?: readonly string[];
  /** Added to the small environment that every script gets. The node's own environment is never handed on. */
  readonly env?: Readonly<Record<string, string>>;
  /** The operating system's user to run as; default the node's own. The node must run as root to change it. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** From SIGTERM to SIGKILL when a script is stopped; default 4,000 ms. */
  readonly stopGraceMs?: number;
}

export interface ScriptRunner {
  readonly types: readonly ScriptType[];
  handlerOf(attempt: Attempt, script: ScriptSource): Handler;
}

/** Throws BAD_OPTION for an interpreter that is none, or a path that is not absolute. */
export function createScriptRunner(options: ScriptOptions & { dir: string }, runtime: Runtime): ScriptRunner {
  const programs = readInterpreters(options.interpreters);

  async function run(ctx: HandlerContext, attempt: Attempt, script: ScriptSource): Promise<void> {
    refuseUnpinned(script, options.sha256);
    const program = await findInterpreter(script.type, programs);
    const file = await writeScriptFile(options.dir, { jobId: attempt.jobId, script, user: options.user });
    await runProgram(ctx, {
      title: `script ${attempt.jobId} (${script.type})`,
      file: program,
      args: [file, ctx.param, String(ctx.shardIndex), String(ctx.shardTotal)],
      cwd: options.dir,
      env: programEnv(ctx, {
        ...LIVE_OUTPUT,
        DAYBREAK_JOB_ID: String(attempt.jobId),
        ...secretsEnv(ctx),
        ...options.env,
      }),
      user: options.user,
      timeoutMs: null,
      stopGraceMs: options.stopGraceMs ?? STOP_GRACE_MS,
      runtime,
    });
  }

  return {
    types: (Object.keys(SCRIPT_TYPES) as ScriptType[]).filter((type) => programs.has(SCRIPT_TYPES[type].interpreter)),
    handlerOf: (attempt, script) => ({
      name: script.type,
      async run(ctx) {
        await run(ctx, attempt, script);
        return undefined;
      },
    }),
  };
}

/** Its parameter keeps their names. */
const secretsEnv = ({ secrets = {} }: HandlerContext): Record<string, string> =>
  Object.fromEntries(Object.entries(secrets).map(([name, value]) => [`DAYBREAK_SECRET_${name}`, value]));

// Python keeps output that goes to a pipe back until it has 8 KiB; a log is read while the script runs.
const LIVE_OUTPUT = { PYTHONUNBUFFERED: '1' };

/** By interpreter: the path that the owner gave, or null for "look for it". */
function readInterpreters(given: ScriptOptions['interpreters']): ReadonlyMap<InterpreterName, string | null> {
  const known: readonly string[] = Object.values(SCRIPT_TYPES).map(({ interpreter }) => interpreter);
  const entries: [string, string | null][] = Array.isArray(given)
    ? (given as readonly string[]).map((name) => [name, null])
    : Object.entries(given);
  for (const [name, path] of entries) {
    const why = !known.includes(name)
      ? `is no interpreter; known are ${known.join(', ')}`
      : path !== null && !isAbsolute(path)
        ? `needs an absolute path, not "${path}"`
        : null;
    if (why !== null) throw new DaybreakError('BAD_OPTION', `executor option scripts.interpreters: "${name}" ${why}`);
  }
  return new Map(entries as [InterpreterName, string | null][]);
}

async function findInterpreter(
  type: ScriptType,
  programs: ReadonlyMap<InterpreterName, string | null>,
): Promise<string> {
  const { interpreter, program } = SCRIPT_TYPES[type];
  const chosen = programs.get(interpreter) ?? null;
  const places = chosen !== null ? [chosen] : SEARCH_DIRS.map((dir) => join(dir, program));
  // The Node.js that runs this is there for certain, wherever it lies.
  if (chosen === null && interpreter === 'nodejs') places.push(process.execPath);
  for (const place of places) if (await isExecutable(place)) return place;
  throw new DaybreakError(
    'INTERPRETER_MISSING',
    `${type} needs ${program}, which is not at ${places.join(', ')}: install it on this machine, or give its path as scripts.interpreters.${interpreter}`,
  );
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return false;
  }
}

function refuseUnpinned({ text }: ScriptSource, pinned: readonly string[] | undefined): void {
  if (pinned === undefined) return;
  const sum = createHash('sha256').update(text).digest('hex');
  if (pinned.some((one) => one.toLowerCase() === sum)) return;
  throw new DaybreakError('SCRIPT_REFUSED', `the script's SHA-256 ${sum} is not among those that scripts.sha256 names`);
}
