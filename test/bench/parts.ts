import { adminPart } from './admin-part.ts';
import { type BenchDialect, hasMysql } from './bench-stores.ts';
import { bigPart } from './big-part.ts';
import { clusterPart, coresPart, waitingPart } from './cluster-part.ts';
import { type Comparison, compareWithFloor } from './compare-floor.ts';
import { type Paging, pageDeeply } from './deep-paging.ts';
import { spread } from './figures.ts';
import { type FiringFigures, measureBurst, measureIdle, measureKilled } from './firing.ts';
import { flatMemoryPart } from './flat-memory.ts';
import { compareNights } from './flat-nights.ts';
import { besideNeighbour } from './load-guard.ts';
import { restartPart } from './restart-part.ts';
import { skewPart } from './skew-part.ts';
import { createNightPlace, type NightFigures } from './whole-night.ts';

/** One figure with its bound: `value` is what claims are compared with. */
export interface Measured {
  readonly id: string;
  readonly value: number;
  readonly unit: string;
  readonly holds: boolean;
  /** The figure in a sentence, with how it spread. */
  readonly text: string;
}

export interface BenchSize {
  /** Contracts bring two plan lines each. */
  readonly floorContracts: number;
  readonly repetitions: number;
  readonly headlineContracts: number;
  readonly memoryContracts: number;
  readonly nights: number;
  readonly oldContracts: number;
  readonly nightContracts: number;
  readonly skewRows: number;
  readonly firingSeconds: number;
  readonly deepRows: number;
  readonly guardSeconds: number;
  readonly adminRuns: number;
  readonly bigLogBytes: number;
  readonly clusterContracts: number;
  readonly clusterRepetitions: number;
  readonly waitingRows: number;
  readonly coresRows: number;
  readonly flatRows: number;
  readonly flatRowsBefore: number;
  readonly slowRows: number;
  readonly slowMs: number;
  readonly partitionRows: number;
  readonly restartRows: number;
  readonly restartLeaseMs: number;
}

export const REDUCED: BenchSize = {
  floorContracts: 100_000,
  repetitions: 3,
  headlineContracts: 100_000,
  memoryContracts: 100_000,
  nights: 200,
  oldContracts: 500,
  nightContracts: 5_000,
  skewRows: 20_000,
  firingSeconds: 60,
  deepRows: 1_000_000,
  guardSeconds: 15,
  adminRuns: 1_000_000,
  bigLogBytes: 100_000_000,
  clusterContracts: 100_000,
  clusterRepetitions: 3,
  waitingRows: 40_000,
  coresRows: 6_000,
  flatRows: 1_000_000,
  flatRowsBefore: 200_000,
  slowRows: 4_000,
  slowMs: 100,
  partitionRows: 100_000,
  restartRows: 400_000,
  restartLeaseMs: 2_000,
};
export const FULL: BenchSize = {
  floorContracts: 500_000,
  repetitions: 3,
  headlineContracts: 500_000,
  memoryContracts: 500_000,
  nights: 200,
  oldContracts: 2_500,
  nightContracts: 10_000,
  skewRows: 40_000,
  firingSeconds: 300,
  deepRows: 3_000_000,
  guardSeconds: 30,
  adminRuns: 1_000_000,
  bigLogBytes: 1_000_000_000,
  clusterContracts: 500_000,
  clusterRepetitions: 2,
  waitingRows: 60_000,
  coresRows: 15_000,
  flatRows: 10_000_000,
  flatRowsBefore: 1_000_000,
  slowRows: 1_000,
  slowMs: 3_000,
  partitionRows: 1_000_000,
  restartRows: 3_000_000,
  restartLeaseMs: 10_000,
};

type Say = (line: string) => void;
type Part = (size: BenchSize, say: Say) => Promise<readonly Measured[]>;

/** A million rows in thirty minutes: what the project set out to do. */
const WANTED_LINES_PER_SECOND = 556;
const FLOOR_RATIO_MIN = 0.5;
const CPU_RATIO_MIN = 0.75;
const MEMORY_GROWTH_MAX = 1.2;
const MEMORY_MB_MAX = 400;
const NIGHT_200_RATIO_MAX = 1.1;
const BURSTS = [5_000, 10_000];
const BURST_P99_MS_MAX = 1_000;
const IDLE_P50_MS_MAX = 50;
const DEEP_RATIO_MAX = 1.2;
const GUARD_RATIO_MAX = 0.6;
const GUARD_ROUND_TRIP_MS = 5;

export const PARTS = {
  /** One whole night by the command, as a user runs it. */
  async headline({ headlineContracts }) {
    const night = await oneNight(headlineContracts);
    const { lines, seconds, linesPerSecond } = night;
    const rate = Math.round(linesPerSecond);
    return [
      {
        id: 'headline',
        value: rate,
        unit: 'plan lines/s',
        holds: linesPerSecond >= WANTED_LINES_PER_SECOND,
        text: `a night of ${grouped(lines)} plan lines: ${seconds.toFixed(1)} s from start to exit, ${grouped(rate)} lines/s (wanted: ${WANTED_LINES_PER_SECOND})`,
      },
    ];
  },

  /** The engine against the hand-written loop, in turns. */
  async floor(size, say) {
    const dialects: BenchDialect[] = (await hasMysql()) ? ['sqlite', 'mysql'] : ['sqlite'];
    if (dialects.length === 1) say('no MariaDB answers on this machine: its figures are left out');
    const measured: Measured[] = [];
    for (const dialect of dialects) {
      const { floorContracts: contracts, repetitions } = size;
      const comparison = await compareWithFloor({ dialect, contracts, repetitions });
      measured.push(...ratiosOf(dialect, comparison, say));
    }
    return measured;
  },

  /** Peak memory of the night's process, and what ten times as many plans add to it. */
  async memory({ memoryContracts }) {
    const small = await oneNight(memoryContracts / 10);
    const large = await oneNight(memoryContracts);
    const growth = large.peakRssMb / small.peakRssMb;
    return [
      {
        id: 'memory',
        value: Math.round(large.peakRssMb),
        unit: 'MB',
        holds: large.peakRssMb < MEMORY_MB_MAX,
        text: `peak memory of a night of ${grouped(large.lines)} plan lines: ${large.peakRssMb.toFixed(0)} MB (at most ${MEMORY_MB_MAX})`,
      },
      {
        id: 'memory-growth',
        value: Number(growth.toFixed(2)),
        unit: 'times',
        holds: growth <= MEMORY_GROWTH_MAX,
        text: `that is ${growth.toFixed(2)} times what ${grouped(small.lines)} plan lines take, ${small.peakRssMb.toFixed(0)} MB (at most ${MEMORY_GROWTH_MAX} times)`,
      },
    ];
  },

  /** The same night with two hundred nights in the store, and with one. */
  async nights({ nights, oldContracts, nightContracts: contracts, repetitions }) {
    const { ratio, first, after, oldPlans } = await compareNights({ nights, oldContracts, contracts, repetitions });
    return [
      {
        id: 'night-200',
        value: Number(ratio.toFixed(2)),
        unit: 'times',
        holds: ratio <= NIGHT_200_RATIO_MAX,
        text: `a night of ${grouped(contracts * 2)} plan lines after ${nights} nights (${grouped(oldPlans)} plans): ${spread(seconds(after))} s; after one: ${spread(seconds(first))} s; ${ratio.toFixed(2)} times (at most ${NIGHT_200_RATIO_MAX})`,
      },
    ];
  },

  /** Pages at the end of a large table against pages at its beginning, while rows change. */
  async paging({ deepRows }, say) {
    const dialects: BenchDialect[] = (await hasMysql()) ? ['sqlite', 'mysql'] : ['sqlite'];
    if (dialects.length === 1) say('no MariaDB answers on this machine: its figures are left out');
    const measured: Measured[] = [];
    for (const dialect of dialects) {
      for (const paging of await pageDeeply(dialect, deepRows)) measured.push(flatness(dialect, deepRows, paging));
    }
    return measured;
  },

  /** A program that shares the database with a job: what its load guard leaves of the disturbance. */
  async guard({ guardSeconds: seconds }, say) {
    if (!(await hasMysql())) {
      say('no MariaDB answers on this machine: nobody can be disturbed on a store of one process');
      return [];
    }
    const alone = await besideNeighbour({ seconds, job: null });
    const off = await besideNeighbour({ seconds, job: { roundTripP95Ms: null } });
    const on = await besideNeighbour({ seconds, job: { roundTripP95Ms: GUARD_ROUND_TRIP_MS } });
    if (on.why !== null) say(on.why);
    const ratio = on.neighbourP95Ms / off.neighbourP95Ms;
    const ms = (value: number): string => `${value.toFixed(1)} ms`;
    return [
      {
        id: 'guard',
        value: Number(ratio.toFixed(2)),
        unit: 'times',
        holds: ratio <= GUARD_RATIO_MAX,
        text: `a neighbour's 95th percentile for a read and a write: ${ms(alone.neighbourP95Ms)} alone, ${ms(off.neighbourP95Ms)} beside a job (${grouped(off.rowsPerSecond)} rows/s), ${ms(on.neighbourP95Ms)} beside it with a guard at ${GUARD_ROUND_TRIP_MS} ms (${grouped(on.rowsPerSecond)} rows/s); ${ratio.toFixed(2)} times (at most ${GUARD_RATIO_MAX})`,
      },
    ];
  },

  /** From the planned instant to the executor's word that it has the run: two schedulers, three executors, MariaDB. */
  async firing({ firingSeconds }, say) {
    if (!(await hasMysql())) {
      say('no MariaDB answers on this machine: its figures are left out');
      return [];
    }
    const measured = [lateness('firing-idle', 'one fire with nothing else to do', await measureIdle(20), 'p50Ms')];
    for (const jobs of BURSTS) {
      const what = `${grouped(jobs)} jobs due at one instant`;
      measured.push(lateness(`firing-${jobs}`, what, await measureBurst(jobs), 'p99Ms'));
    }
    const killed = await measureKilled(1_000, firingSeconds);
    measured.push({
      id: 'firing-killed',
      value: killed.lost + killed.doubled,
      unit: 'fires',
      holds: killed.lost === 0 && killed.doubled === 0,
      text: `1,000 jobs every 5 s for ${firingSeconds} s, one of two schedulers killed in the middle: ${grouped(killed.fires)} fires, ${killed.lost} lost, ${killed.doubled} doubled; ${inWords(killed)}`,
    });
    return measured;
  },

  /** One merchant with half of the rows, one whose rows are dear, one node that is slow; and one that is killed. */
  skew: ({ skewRows }, say) => skewPart(skewRows, say),

  /** The money engine in one executor process and in three, against the hand-written loop. */
  cluster: (size, say) => clusterPart(size, say),

  /** Rows that wait: what three executor processes are worth. */
  waiting: (size, say) => waitingPart(size, say),

  /** Rows that compute: what a second worker process of an executor is worth. */
  cores: (size, say) => coresPart(size, say),

  /** What a process of batch jobs needs: many rows, a slow target, many partitions. */
  'flat-memory': (size, say) => flatMemoryPart(size, say),

  /** A process that is killed again and again: what its restart costs. */
  restart: (size, say) => restartPart(size, say),

  /** The lists of the admin, with many jobs and runs in the store. */
  admin: ({ adminRuns }, say) => adminPart(adminRuns, say),

  /** A run of 1,000 shards and a long log, on the page and over the API. */
  big: ({ bigLogBytes }, say) => bigPart(bigLogBytes, say),
} satisfies Record<string, Part>;
export type PartName = keyof typeof PARTS;

function flatness(dialect: BenchDialect, rows: number, paging: Paging): Measured {
  const ratio = paging.lastMs / paging.firstMs;
  const name = dialect === 'sqlite' ? 'SQLite' : 'MariaDB';
  return {
    id: `paging-${dialect}-${paging.key === 'id' ? 'id' : 'time'}`,
    value: Number(ratio.toFixed(2)),
    unit: 'times',
    holds: ratio <= DEEP_RATIO_MAX,
    text: `${name}, ${grouped(rows)} rows by (${paging.key}) in pages of 1,000, one row in twenty changing: ${paging.firstMs.toFixed(2)} ms a page at the beginning, ${paging.lastMs.toFixed(2)} ms at the end, ${ratio.toFixed(2)} times (at most ${DEEP_RATIO_MAX}); each row seen once in ${paging.seconds.toFixed(1)} s`,
  };
}

function ratiosOf(dialect: BenchDialect, { lines, ratio, cpuRatio, ...runs }: Comparison, say: Say): Measured[] {
  const name = dialect === 'sqlite' ? 'SQLite' : 'MariaDB';
  for (const who of ['floor', 'engine'] as const) {
    const rates = runs[who].map((run) => lines / run.seconds / 1_000);
    const cpu = runs[who].map(({ cpuSeconds }) => cpuSeconds);
    say(
      `${name}, ${who}: ${spread(rates)} thousand lines/s, ${spread(cpu)} s of processor for ${grouped(lines)} lines`,
    );
  }
  const of = { unit: 'of the floor' };
  const speed: Measured = {
    ...of,
    id: `floor-${dialect}`,
    value: Number(ratio.toFixed(2)),
    holds: ratio >= FLOOR_RATIO_MIN,
    text: `the engine on ${name} runs at ${ratio.toFixed(2)} of the hand-written loop's speed (at least ${FLOOR_RATIO_MIN})`,
  };
  // On MariaDB the server does most of the work, and its processor time is nobody's here.
  if (dialect === 'mysql') return [speed];
  const cpu: Measured = {
    ...of,
    id: 'floor-sqlite-cpu',
    value: Number(cpuRatio.toFixed(2)),
    holds: cpuRatio >= CPU_RATIO_MIN,
    text: `by processor time, store included, that is ${cpuRatio.toFixed(2)} (at least ${CPU_RATIO_MIN})`,
  };
  return [speed, cpu];
}

function lateness(id: string, what: string, figures: FiringFigures, bound: 'p50Ms' | 'p99Ms'): Measured {
  const maxMs = bound === 'p99Ms' ? BURST_P99_MS_MAX : IDLE_P50_MS_MAX;
  const { fires, lost, doubled } = figures;
  const holds = figures[bound] < maxMs && lost === 0 && doubled === 0;
  const wanted = `${bound === 'p99Ms' ? 'p99' : 'p50'} under ${maxMs} ms, none lost or doubled`;
  const text = `${what}: ${inWords(figures)}; ${grouped(fires)} fires, ${lost} lost, ${doubled} doubled (${wanted})`;
  return { id, value: Math.round(figures[bound]), unit: 'ms late', holds, text };
}

function inWords({ p50Ms, p99Ms, maxMs, begun }: FiringFigures): string {
  const taken = `late by ${p50Ms.toFixed(0)} ms (p50), ${p99Ms.toFixed(0)} (p99), ${maxMs.toFixed(0)} (max)`;
  return begun === null ? taken : `${taken}, handlers began ${begun.p50Ms} ms late (p50), ${begun.p99Ms} (p99)`;
}

async function oneNight(contracts: number): Promise<NightFigures> {
  const place = createNightPlace();
  try {
    return await place.night({ contracts });
  } finally {
    place.remove();
  }
}

const seconds = (nights: readonly NightFigures[]): number[] => nights.map((night) => night.seconds);
const grouped = (number: number): string => number.toLocaleString('en-US');
