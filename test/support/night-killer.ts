import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../shared/runtime/runtime.ts';
import { withCopy } from './night-audit.ts';
import { type LaunchEnd, type LaunchedNight, launchNight } from './night-launch.ts';

/** When a night is killed. */
export type KillMoment =
  | { readonly kind: 'started'; readonly thenMs: number }
  /** The gateway has booked so many debits. */
  | { readonly kind: 'debits'; readonly count: number; readonly thenMs: number }
  /** This start's log shows the text. */
  | { readonly kind: 'log'; readonly text: string; readonly thenMs: number }
  /** It stands in this stage (or just behind it), which begins after the text was logged: by the store, by no clock. */
  | { readonly kind: 'stage'; readonly stage: Stage; readonly after: string };

/** What a night can be in the middle of, in the order in which it comes. */
const STAGES = [
  'before the store',
  'before the tables',
  'before the import',
  'import',
  'after the import',
  'freeze',
  'between chunks',
  'open items',
  'inside a chunk',
  'reconcile',
  'report',
  'after the end',
] as const;
export type Stage = (typeof STAGES)[number];

export interface KilledNight {
  /** The folder; the store, the books and the log lie in its `daybreak-data`. */
  readonly dir: string;
  readonly args: readonly string[];
  readonly businessDate: string;
  readonly random: Random;
  /** The gateway's books. Default: those that lie beside the embedded store. */
  readonly books?: string;
}

export const storeOf = (dir: string): string => join(dir, 'daybreak-data/daybreak.db');
export const booksOf = (dir: string): string => join(dir, 'daybreak-data/daybreak-gateway-books.db');

/** Where the gateway's books of a night are; with `--store mysql://...` their file is named after the server. */
const booksOfNight = ({ dir, books }: KilledNight): string => books ?? booksOf(dir);

export interface Killed {
  readonly killed: 'launcher' | 'real';
  /** Where it was held for a `stage`; null for other moments. */
  readonly heldIn: Stage | null;
}

type KillOutcome = Killed | { readonly killed: null; readonly end: LaunchEnd };

/** Starts the night and kills it at that moment; returns how it ended when it was quicker. */
export async function startAndKill(night: KilledNight, moment: KillMoment): Promise<KillOutcome> {
  return untilLetIn(
    () => tryToKill(night, moment),
    (outcome) => (outcome.killed === null ? outcome.end : null),
  );
}

const STARTS = 4;

/**
 * Starts again while the one before is not yet gone: a start waits ten seconds for that, and says so, which is right for
 * a person; a killed process that a busy disk holds by its last write may need longer. A store never let go still fails.
 */
export async function untilLetIn<T>(start: () => Promise<T>, endOf: (outcome: T) => LaunchEnd | null): Promise<T> {
  for (let no = 1; ; no += 1) {
    const outcome = await start();
    const end = endOf(outcome);
    if (end?.code !== 2 || !/has worked in this store since/.test(end.stderr) || no === STARTS) return outcome;
  }
}

async function tryToKill(night: KilledNight, moment: KillMoment): Promise<KillOutcome> {
  const log = join(night.dir, 'daybreak-data/logs', `${night.businessDate}.log`);
  const logFrom = existsSync(log) ? readFileSync(log).length : 0;
  const running = launchNight(night.dir, night.args);
  const over = new AbortController();
  const ended = running.ended.then((end) => {
    over.abort();
    return end;
  });
  const heldIn = await reached(night, moment, { log, logFrom, over: over.signal, running });
  if (heldIn === false) return { killed: null, end: await ended };
  const who = kill(running, night.random);
  // Often the next start comes while the last breath of this one (the real process, the simulator) is not yet drawn.
  if (night.random.next() < 0.5) await ended;
  else
    await new Promise(
      (resolve) => running.launcher.exitCode ?? running.launcher.signalCode ?? running.launcher.once('exit', resolve),
    );
  return { killed: who, heldIn };
}

function kill(running: LaunchedNight, random: Random): 'launcher' | 'real' {
  const realPid = running.realPid();
  if (realPid === null || random.next() < 0.5) {
    running.launcher.kill('SIGKILL');
    // It may have been held to look at its store; the launcher's end is for it to notice.
    if (realPid !== null) signal(realPid, 'SIGCONT');
    return 'launcher';
  }
  signal(realPid, 'SIGKILL');
  return 'real';
}

/** False when the process is gone. */
function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}

interface Watched {
  readonly log: string;
  readonly logFrom: number;
  readonly over: AbortSignal;
  readonly running: LaunchedNight;
}

/** At the moment: null, or where it is held for a stage. False: the night has ended before. */
async function reached(night: KilledNight, moment: KillMoment, at: Watched): Promise<Stage | null | false> {
  if (moment.kind !== 'stage') return (await reachedInstant(night, moment, at)) ? null : false;
  const hasBegun = await reachedInstant(night, { kind: 'log', text: moment.after, thenMs: 0 }, at);
  return hasBegun ? holdInStage(night, moment.stage, at) : false;
}

type Instant = Exclude<KillMoment, { kind: 'stage' }>;

// Each look opens the books anew, and five nights are looked at side by side.
const LOOK_MS = 15;

async function reachedInstant(night: KilledNight, moment: Instant, at: Watched): Promise<boolean> {
  while (!at.over.aborted) {
    if (isReached(night, moment, at)) {
      await sleep(moment.thenMs);
      return !at.over.aborted;
    }
    await sleep(LOOK_MS);
  }
  return false;
}

/**
 * Lets it run for a few milliseconds at a time and looks at its store while it is held, so that the stage is met on a
 * busy machine as well. Where it is held is that stage, or one behind it when that was over in between.
 */
async function holdInStage({ dir, random }: KilledNight, stage: Stage, at: Watched): Promise<Stage | false> {
  while (!at.over.aborted) {
    const pid = at.running.realPid();
    if (pid !== null && signal(pid, 'SIGSTOP')) {
      const where = whereWasIt(storeOf(dir));
      if (STAGES.indexOf(where) >= STAGES.indexOf(stage)) return where;
      signal(pid, 'SIGCONT');
    }
    await sleep(2 + random.integer(12));
  }
  return false;
}

function isReached(night: KilledNight, moment: Instant, at: Pick<Watched, 'log' | 'logFrom'>): boolean {
  switch (moment.kind) {
    case 'started':
      return true;
    case 'debits':
      return bookedSoFar(booksOfNight(night)) >= moment.count;
    case 'log':
      return existsSync(at.log) && readFileSync(at.log).subarray(at.logFrom).includes(moment.text);
  }
}

/** How many debits the books hold just now; they may be read while the gateway works. */
export function bookedSoFar(books: string): number {
  if (!existsSync(books)) return 0;
  try {
    const db = new DatabaseSync(books, { readOnly: true, timeout: 1_000 });
    try {
      return Number(db.prepare('select coalesce(max(id), 0) as n from debit').get()?.n);
    } finally {
      db.close();
    }
  } catch (error) {
    // Being made, or being recovered, just now.
    if (error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR') return 0;
    throw error;
  }
}

/** In the middle of what a killed night was: for the record, and to know that a moment was met. */
export function whereWasIt(store: string): Stage {
  if (!existsSync(store)) return 'before the store';
  try {
    return withCopy(store, (all): Stage => {
      const is = (text: string): boolean => all(text).length > 0;
      if (is('select 1 from night where finished_at is not null')) return 'after the end';
      if (is('select 1 from night_reconciliation')) return 'report';
      if (is('select 1 from settlement_line')) return 'reconcile';
      if (is(`select 1 from slice_run where state = 'freezing'`)) return 'freeze';
      if (is('select 1 from slice where sent_to_seq > cursor_seq')) return 'inside a chunk';
      if (is('select 1 from open_item')) return 'open items';
      if (is('select 1 from slice_run')) return 'between chunks';
      if (is(`select 1 from plan_file where state = 'staged' and byte_offset > 0`)) return 'import';
      if (is(`select 1 from plan_file where state <> 'staged'`)) return 'after the import';
      return 'before the import';
    });
  } catch (error) {
    if (error instanceof Error && /no such table/.test(error.message)) return 'before the tables';
    throw error;
  }
}
