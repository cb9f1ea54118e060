import { hasMysql } from './bench-stores.ts';
import { type ClusterComparison, compareClusters, ratioTo } from './cluster-debit.ts';
import { type CrewWork, openCrewRuns } from './crew-runs.ts';
import { median, spread } from './figures.ts';
import type { Measured } from './parts.ts';

const FLOOR_RATIO_MIN = 0.6;
const WAITING_SPEED_UP_MIN = 2.5;
const CORES_SPEED_UP_MIN = 1.6;
const EXECUTORS = [1, 3];

type Say = (line: string) => void;

/** The money engine in one executor process and in three, against the hand-written loop in the same run. */
export async function clusterPart(
  size: { readonly clusterContracts: number; readonly clusterRepetitions: number },
  say: Say,
): Promise<readonly Measured[]> {
  if (!(await hasServer(say))) return [];
  const comparison = await compareClusters({
    contracts: size.clusterContracts,
    repetitions: size.clusterRepetitions,
    executors: EXECUTORS,
  });
  say(`floor: ${spread(comparison.floor)} s for ${grouped(comparison.lines)} plan lines`);
  return EXECUTORS.map((executors) => ratioOf(comparison, executors));
}

function ratioOf(comparison: ClusterComparison, executors: number): Measured {
  const ratio = ratioTo(comparison, executors);
  const seconds = comparison.byExecutors.get(executors) ?? [];
  const rate = grouped(Math.round(comparison.lines / median(seconds)));
  return {
    id: `cluster-${executors}`,
    value: Number(ratio.toFixed(2)),
    unit: 'of the floor',
    holds: ratio >= FLOOR_RATIO_MIN,
    text: `${named(executors, 'executor process')} on MariaDB: ${spread(seconds)} s, ${rate} plan lines/s, ${ratio.toFixed(2)} of the hand-written loop's speed (at least ${FLOOR_RATIO_MIN}); ${comparison.repeated.get(executors) ?? 0} transactions run again after a deadlock or a lock wait`,
  };
}

/** A processor that waits 5 ms for each item: the database is not the bound, so three processes do three times as much. */
export async function waitingPart(
  size: { readonly waitingRows: number; readonly repetitions: number },
  say: Say,
): Promise<readonly Measured[]> {
  if (!(await hasServer(say))) return [];
  const work = { rowWaitsMs: 5, rowRounds: 0, concurrency: 8, slicesAtOnce: 2 };
  const few = { executors: 1, processes: 1 };
  const many = { executors: 3, processes: 1 };
  const turns = await inTurns({ rows: size.waitingRows, repetitions: size.repetitions, work, few, many });
  const inHand = work.concurrency * work.slicesAtOnce;
  return [
    {
      id: 'waiting',
      value: Number(turns.speedUp.toFixed(2)),
      unit: 'times one process',
      holds: turns.speedUp >= WAITING_SPEED_UP_MIN,
      text: `${grouped(size.waitingRows)} rows of 5 ms, ${inHand} in hand in each process: one executor process ${spread(turns.few)} s, three ${spread(turns.many)} s, ${turns.speedUp.toFixed(2)} times as fast (at least ${WAITING_SPEED_UP_MIN})`,
    },
  ];
}

/** Rows that only compute, in one worker process of an executor and in two. */
export async function coresPart(
  size: { readonly coresRows: number; readonly repetitions: number },
  say: Say,
): Promise<readonly Measured[]> {
  if (!(await hasServer(say))) return [];
  const work = { rowWaitsMs: 0, rowRounds: 200_000, concurrency: 1, slicesAtOnce: 2 };
  const few = { executors: 1, processes: 1 };
  const many = { executors: 1, processes: 2 };
  const turns = await inTurns({ rows: size.coresRows, repetitions: size.repetitions, work, few, many });
  return [
    {
      id: 'cores',
      value: Number(turns.speedUp.toFixed(2)),
      unit: 'times one process',
      holds: turns.speedUp >= CORES_SPEED_UP_MIN,
      text: `${grouped(size.coresRows)} rows that only compute, one executor: ${spread(turns.few)} s with one worker process, ${spread(turns.many)} s with two, ${turns.speedUp.toFixed(2)} times as fast (at least ${CORES_SPEED_UP_MIN}, on two cores)`,
    },
  ];
}

interface Shape {
  readonly executors: number;
  readonly processes: number;
}

async function inTurns(given: {
  readonly rows: number;
  readonly repetitions: number;
  readonly work: CrewWork;
  readonly few: Shape;
  readonly many: Shape;
}): Promise<{ readonly few: number[]; readonly many: number[]; readonly speedUp: number }> {
  const runs = await openCrewRuns(given.rows, given.work);
  const few: number[] = [];
  const many: number[] = [];
  try {
    for (let turn = 0; turn < given.repetitions; turn += 1) {
      few.push(await runs.run(given.few));
      many.push(await runs.run(given.many));
    }
  } finally {
    await runs.remove();
  }
  return { few, many, speedUp: median(few) / median(many) };
}

async function hasServer(say: Say): Promise<boolean> {
  const isThere = await hasMysql();
  if (!isThere) say('no MariaDB answers on this machine, and one SQLite file is one process: its figures are left out');
  return isThere;
}

const named = (count: number, what: string): string => (count === 1 ? `one ${what}` : `${count} ${what}es`);
const grouped = (number: number): string => number.toLocaleString('en-US');
