import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasMysql } from './bench-stores.ts';
import type { Measured } from './parts.ts';
import { settledSums } from './settle-orders.ts';
import { openSettlePlace, type SettlePlace } from './settle-place.ts';

const PARTITIONS = 8;
const CHUNK = 1_000;
/** At so many parts of the rows the process is killed. */
const KILLED_AT = [0.1, 0.5, 0.9, 0.99];
const OVER_LEASE_MS_MAX = 1_000;
const MANY_KILLS = 12;
const SHORT_LEASE_MS = 1_000;

export interface RestartSize {
  readonly restartRows: number;
  readonly restartLeaseMs: number;
}

/** kill -9 of a process with eight partitions: until its heir commits, what is done twice, what a launch asks the store. */
export async function restartPart(size: RestartSize, say: (line: string) => void): Promise<readonly Measured[]> {
  if (!(await hasMysql())) {
    say('no MariaDB answers on this machine: its figures are left out');
    return [];
  }
  const place = await openSettlePlace('mysql', size.restartRows);
  try {
    await place.empty();
    await place.settle({ partitions: PARTITIONS, atOnce: PARTITIONS });
    const wanted = await place.look(settledSums);
    const at = KILLED_AT.map((part) => part * size.restartRows);
    const killed = await killAgainAndAgain(place, { at, leaseMs: size.restartLeaseMs });
    const often = Array.from({ length: MANY_KILLS }, (_, no) => ((no + 1) / (MANY_KILLS + 2)) * size.restartRows);
    const many = await killAgainAndAgain(place, { at: often, leaseMs: SHORT_LEASE_MS });
    return [inTime(killed, size, wanted), twice(killed), launches(many, wanted)];
  } finally {
    await place.remove();
  }
}

interface Killed {
  /** From each restart to the first commit after it. */
  readonly firstCommitMs: readonly number[];
  readonly readTwice: number;
  readonly writtenTwice: number;
  /** Statements from the launch of a partition to its first chunk, the least of each process: a renewal may be among others. */
  readonly launches: readonly number[];
  readonly sums: string;
}

async function killAgainAndAgain(
  place: SettlePlace,
  given: { readonly at: readonly number[]; readonly leaseMs: number },
): Promise<Killed> {
  await place.empty();
  const books: string[] = [];
  const firstCommitMs: number[] = [];
  const begin = (): ChildProcess => {
    books.push(join(place.dir, `book-${given.at.length}-${books.length}`));
    return place.start({
      ...{ partitions: PARTITIONS, atOnce: PARTITIONS, chunkSize: CHUNK, leaseMs: given.leaseMs },
      book: books.at(-1) as string,
    });
  };
  let child = begin();
  for (const rows of given.at) {
    // On a machine that is quick the end may come before it is seen that it is near.
    if (!(await sawUntil(child, async () => (await committedRows(place)) >= rows))) break;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    const before = await committedRows(place);
    const restartedMs = performance.now();
    child = begin();
    if (!(await sawUntil(child, async () => (await committedRows(place)) > before))) break;
    firstCommitMs.push(performance.now() - restartedMs);
  }
  if (child.exitCode === null) await once(child, 'exit');
  if (child.exitCode !== 0) throw new Error(`the last process that settles orders ended with ${child.exitCode}`);
  const lines = books.map(readBook);
  return {
    firstCommitMs,
    readTwice: lines.reduce((sum, { read }) => sum + read, 0) - place.rows,
    writtenTwice: lines.reduce((sum, { written }) => sum + written, 0) - place.rows,
    launches: lines.flatMap(({ launched }) => (launched.length === 0 ? [] : [Math.min(...launched)])),
    sums: await place.look(settledSums),
  };
}

/** False: the process ended before. */
async function sawUntil(child: ChildProcess, holds: () => Promise<boolean>): Promise<boolean> {
  while (child.exitCode === null) {
    if (await holds()) return true;
    await sleep(POLL_MS);
  }
  return false;
}
const POLL_MS = 10;

/** What a process wrote down before it was killed; its last line may be torn. */
function readBook(path: string): { read: number; written: number; launched: number[] } {
  const book = { read: 0, written: 0, launched: [] as number[] };
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
  for (const line of lines) {
    const [what, count] = line.split(' ');
    if (what === 'read') book.read += Number(count);
    else if (what === 'write') book.written += Number(count);
    else book.launched.push(Number(count));
  }
  return book;
}

/** By the checkpoints: they are committed with their rows. */
async function committedRows(place: SettlePlace): Promise<number> {
  const text = 'select cast(coalesce(sum(written_count), 0) as signed) as n from batch_step';
  const row = await place.look((store) => store.read('progress', (db) => db.get<{ n: number }>(text)));
  return Number(row?.n ?? 0);
}

function inTime(killed: Killed, { restartRows, restartLeaseMs }: RestartSize, wanted: string): Measured {
  const longestMs = Math.max(...killed.firstCommitMs);
  const seconds = (ms: number): string => (ms / 1_000).toFixed(1);
  return {
    id: 'restart',
    value: Math.round(longestMs),
    unit: 'ms',
    holds: longestMs <= restartLeaseMs + OVER_LEASE_MS_MAX && killed.sums === wanted,
    text: `${grouped(restartRows)} rows in ${PARTITIONS} partitions, killed ${killed.firstCommitMs.length} times: from each restart to the first commit ${killed.firstCommitMs.map(seconds).join(', ')} s (lease ${seconds(restartLeaseMs)} s, at most 1 s more); what is written in the end ${killed.sums === wanted ? 'is' : 'IS NOT'} what an undisturbed run wrote`,
  };
}

function twice({ readTwice, writtenTwice, firstCommitMs }: Killed): Measured {
  const inHand = firstCommitMs.length * PARTITIONS * CHUNK;
  return {
    id: 'restart-twice',
    value: writtenTwice,
    unit: 'rows',
    // A page is read ahead while one is worked: two of each partition are lost with their process, one of them written.
    holds: writtenTwice <= inHand && readTwice <= 2 * inHand,
    text: `of these, sent to the store twice: ${grouped(writtenTwice)} rows (at most a chunk of each partition and kill, ${grouped(inHand)}); read twice: ${grouped(readTwice)} (at most two chunks)`,
  };
}

function launches(many: Killed, wanted: string): Measured {
  // The first process found no execution before it, the second found one.
  const [, second = Number.NaN] = many.launches;
  const last = many.launches.at(-1) ?? Number.NaN;
  const kills = many.firstCommitMs.length;
  return {
    id: 'restart-launch',
    value: last,
    unit: 'statements',
    holds: last <= second && many.sums === wanted,
    text: `from a partition's launch to its first chunk ${second} statements after one kill, ${last} after ${kills} (no more)`,
  };
}

const grouped = (number: number): string => number.toLocaleString('en-US');
