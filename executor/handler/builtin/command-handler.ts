import { realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, sep } from 'node:path';
import { type Static, Type } from 'typebox';
import { DaybreakError } from '../../../shared/errors.ts';
import type { Runtime } from '../../../shared/runtime/runtime.ts';
import { systemRuntime } from '../../../shared/runtime/system-runtime.ts';
import { defineHandler } from '../define-handler.ts';
import type { Handler, HandlerContext } from '../handler-context.ts';
import { programEnv, runProgram, STOP_GRACE_MS } from './run-program.ts';

export interface AllowedCommand {
  /** What a job writes as `command`. */
  readonly name: string;
  /** The program that is started: an absolute path. */
  readonly path: string;
  /** Why these arguments are refused, or null. Without it any arguments may be given. */
  readonly refuseArgs?: (args: readonly string[]) => string | null;
}

export interface CommandHandlerOptions {
  /** The commands that jobs may run here; whoever may edit a job can run them with any arguments that pass. */
  readonly allow: readonly AllowedCommand[];
  /** Default `commandJobHandler`. */
  readonly name?: string;
  /** Where programs run when the job names no directory; default the machine's temporary directory. */
  readonly cwd?: string;
  /** Directories in which, or below which, a job may choose its own; default none. */
  readonly dirs?: readonly string[];
  /** Added to the small environment that every program gets. The node's own environment is never handed on. */
  readonly env?: Readonly<Record<string, string>>;
  /** Names of variables that a job may set; default none, since some (LD_PRELOAD, NODE_OPTIONS) make other programs. */
  readonly envNames?: readonly string[];
  /** The operating system's user to run as; default the node's own. The node must run as root to change it. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** From SIGTERM to SIGKILL when a program is stopped; default 4,000 ms. */
  readonly stopGraceMs?: number;
  readonly runtime?: Runtime;
}

const ARGS_BYTES_MAX = 131_072;
// Program names and arguments end at the first NUL: what comes after it would be checked here and not be run.
const NO_NUL = '^[^\\u0000]*$';

const CommandParams = Type.Object(
  {
    command: Type.String({ minLength: 1, maxLength: 255 }),
    args: Type.Array(Type.String({ pattern: NO_NUL }), { maxItems: 1_000, default: [] }),
    cwd: Type.Optional(Type.String({ minLength: 1, maxLength: 4_096, pattern: NO_NUL })),
    env: Type.Record(Type.String(), Type.String({ pattern: NO_NUL }), { default: {} }),
    timeoutMs: Type.Optional(Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 })),
  },
  { additionalProperties: false },
);

/**
 * A handler that runs a program of the owner's choice: an argv array, never a shell. It is there only when the owner
 * adds it. The job's parameter is JSON: `{"command": "tar", "args": ["-czf", "/backup/day.tgz", "/data"]}`, with
 * `cwd`, `env` and `timeoutMs` where they are allowed. Exit code 0 is success; the output goes to the run log.
 *
 * Throws BAD_OPTION here; PARAM_INVALID, COMMAND_REFUSED, PROCESS_FAILED and DEADLINE_PASSED are outcomes of the run.
 * @example
 * createExecutor({ ..., handlers: [commandHandler({ allow: [{ name: 'tar', path: '/usr/bin/tar' }] })] });
 */
export function commandHandler(options: CommandHandlerOptions): Handler {
  const allowed = readAllowed(options.allow);
  const runtime = options.runtime ?? systemRuntime();

  async function run(ctx: HandlerContext<Static<typeof CommandParams>>): Promise<void> {
    const { command, args, cwd, env, timeoutMs = null } = ctx.params;
    const entry = allowed.get(command);
    if (entry === undefined) throw refused(`the command "${command}" is not allowed: ${namesOf(allowed)}`);
    if (Buffer.byteLength(args.join('')) > ARGS_BYTES_MAX)
      throw refused(`the arguments exceed ${ARGS_BYTES_MAX} bytes`);
    refuseSecretArgs(args, ctx.secrets ?? {});
    const argsRefusal = entry.refuseArgs?.(args) ?? null;
    if (argsRefusal !== null) throw refused(`${command}: ${argsRefusal}`);
    await runProgram(ctx, {
      title: command,
      file: entry.path,
      args,
      cwd: cwd === undefined ? (options.cwd ?? tmpdir()) : allowedDir(cwd, options.dirs ?? []),
      env: programEnv(ctx, { ...options.env, ...allowedEnv(env, options.envNames ?? []) }),
      user: options.user,
      timeoutMs,
      stopGraceMs: options.stopGraceMs ?? STOP_GRACE_MS,
      runtime,
    });
  }

  return defineHandler({ name: options.name ?? 'commandJobHandler', params: CommandParams, run });
}

/** Arguments of a process can be read by everybody on its machine. */
function refuseSecretArgs(args: readonly string[], secrets: Readonly<Record<string, string>>): void {
  const shown = Object.keys(secrets).find((name) => args.some((arg) => arg.includes(secrets[name] as string)));
  if (shown === undefined) return;
  throw refused(
    `the secret "${shown}" may not be an argument, which every user of the machine can read: give it by env`,
  );
}

function readAllowed(allow: readonly AllowedCommand[]): ReadonlyMap<string, AllowedCommand> {
  for (const { name, path } of allow) {
    if (isAbsolute(path)) continue;
    throw new DaybreakError('BAD_OPTION', `commandHandler allow: "${name}" needs an absolute path, not "${path}"`);
  }
  return new Map(allow.map((entry) => [entry.name, entry]));
}

function namesOf(allowed: ReadonlyMap<string, AllowedCommand>): string {
  if (allowed.size === 0) return 'the owner of this executor allows none (commandHandler({ allow: [...] }))';
  return `the owner of this executor allows ${[...allowed.keys()].join(', ')}`;
}

/** By its real path: a link or `..` leads nowhere else. */
function allowedDir(cwd: string, dirs: readonly string[]): string {
  const real = realOf(cwd);
  const inside = real !== null && dirs.map(realOf).some((dir) => dir !== null && (real + sep).startsWith(withSep(dir)));
  if (inside) return real;
  throw refused(`cwd "${cwd}" is not inside a directory that the owner of this executor allows (dirs)`);
}

function realOf(path: string): string | null {
  try {
    return realpathSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return null;
  }
}

function allowedEnv(env: Readonly<Record<string, string>>, names: readonly string[]): Readonly<Record<string, string>> {
  const other = Object.keys(env).find((name) => !names.includes(name));
  if (other === undefined) return env;
  throw refused(`env "${other}" may not be set by a job: the owner of this executor allows it (envNames) or does not`);
}

const withSep = (dir: string): string => (dir.endsWith(sep) ? dir : dir + sep);
const refused = (why: string): DaybreakError => new DaybreakError('COMMAND_REFUSED', why);
