import { storeCalendar } from '../../../scheduler/calendar/store-calendar.ts';
import type { JobDefinition } from '../../../scheduler/definition/job-definition.ts';
import { readDefinitions } from '../../../scheduler/definition/read-definitions.ts';
import { newEffects } from '../../../scheduler/effects.ts';
import { defineChain, defineJob } from '../../../scheduler/firing/define.ts';
import { defineJobs } from '../../../scheduler/firing/define-together.ts';
import { createScriptsApi } from '../../../scheduler/script/scripts.ts';
import { isDaybreakError } from '../../../shared/errors.ts';
import type { Random } from '../../../shared/runtime/runtime.ts';
import { seededRandom } from '../../../shared/runtime/seeded-random.ts';
import type { SqlStore, SqlTx } from '../../../shared/sql/sql.ts';
import { CALENDAR, CHAIN, DATE, drawJobs, SCRIPT_JOB } from './draw-work.ts';
import { type Names, namedText, readNames } from './named-rows.ts';
import { type Chance, createTwin, type Twin } from './twin.ts';

/** Two schedulers to whom the same happens. */
export interface Pair {
  /** Takes what it can together. */
  readonly together: Twin;
  /** Takes everything one by one. */
  readonly oneByOne: Twin;
  readonly both: readonly Twin[];
  readonly random: Random;
  readonly chance: Chance;
  jobs: JobDefinition[];
  /** Attempts that were made with their runs. */
  madeTogether: number;
}

const START_MS = Date.parse(`${DATE}T10:00:00Z`);

export async function createPair(seed: string, stores: readonly [SqlStore, SqlStore]): Promise<Pair> {
  const random = seededRandom(seed);
  const chance: Chance = { step: 0, seed };
  const together = createTwin('together', stores[0], chance, START_MS);
  const oneByOne = createTwin('one by one', stores[1], chance, START_MS);
  const pair: Pair = {
    together,
    oneByOne,
    both: [together, oneByOne],
    random,
    chance,
    jobs: drawJobs(random),
    madeTogether: 0,
  };
  for (const { ctx } of pair.both) await storeCalendar(ctx, CALENDAR);
  await define(pair, pair.jobs);
  const script = { job: SCRIPT_JOB, source: 'true', remark: 'first', by: 'ana' };
  if (random.next() < 0.8) for (const { ctx } of pair.both) await createScriptsApi(ctx).save(script);
  // While any hold stands, every fire is decided by itself.
  await oneByOne.ctx.store.transaction('part', (tx) =>
    tx.run(
      `insert into s_hold (scope, name, on_resume, reason, held_by, held_at) values ('job', ?, 'all', '', '', 0)`,
      [NOBODY],
    ),
  );
  return pair;
}

/** A job that there is not. */
const NOBODY = 'nobody';

/** A list of definitions, as at a start; `named` are those that are told. */
export async function define(pair: Pair, jobs: readonly JobDefinition[]): Promise<void> {
  pair.jobs = pair.jobs.map((job) => jobs.find(({ id }) => id === job.id) ?? job);
  const definitions = readDefinitions(pair.jobs, [CHAIN]);
  const told = definitions.jobs.filter(({ id }) => jobs.some((job) => job.id === id));
  await inTransaction(pair.together, 'define', async (tx, effects) => {
    await defineJobs(tx, told, effects);
    for (const chain of definitions.chains) await defineChain(tx, chain, effects);
  });
  await inTransaction(pair.oneByOne, 'define', async (tx, effects) => {
    for (const job of told) await defineJob(tx, job, effects);
    for (const chain of definitions.chains) await defineChain(tx, chain, effects);
  });
}

export async function inTransaction(
  { ctx }: Twin,
  name: string,
  body: (tx: SqlTx, effects: ReturnType<typeof newEffects>) => Promise<void>,
): Promise<void> {
  const effects = await ctx.store.transaction(name, async (tx) => {
    const effects = newEffects();
    await body(tx, effects);
    return effects;
  });
  ctx.apply(effects);
}

/** The same act on both. Where one is refused, the other is refused with the same words. */
export async function alike(pair: Pair, act: (twin: Twin) => Promise<unknown>): Promise<void> {
  const refusals: string[] = [];
  for (const twin of pair.both) {
    const names = await namesOf(twin);
    refusals.push(await refusalOf(() => act(twin), names));
  }
  if (refusals[0] !== refusals[1]) throw new Error(`one says "${refusals[0]}", the other "${refusals[1]}"`);
}

async function refusalOf(act: () => Promise<unknown>, names: Names): Promise<string> {
  try {
    await act();
    return '';
  } catch (error) {
    if (!isDaybreakError(error)) throw error;
    return namedText(error.message, names);
  }
}

export const namesOf = ({ ctx }: Twin): Promise<Names> => ctx.store.read('names', readNames);

/** The id that a twin has for each name. */
export const idsByName = (names: ReadonlyMap<number, string>): Map<string, number> =>
  new Map([...names].map(([id, name]) => [name, id]));

export async function forEachTwin(pair: Pair, act: (twin: Twin) => Promise<unknown>): Promise<void> {
  for (const twin of pair.both) await act(twin);
}

/** The same act on the same run, one of those that fit. */
export async function onRun(
  pair: Pair,
  where: string,
  act: (twin: Twin, runId: number) => Promise<unknown>,
): Promise<void> {
  const chance = pair.random.next();
  await alike(pair, async (twin) => {
    const { runs } = await namesOf(twin);
    const rows = await twin.ctx.store.read('runs', (db) =>
      db.all<{ id: number }>(`select id from s_run where ${where}`),
    );
    const sorted = rows.map(({ id }) => id).sort((a, b) => ((runs.get(a) ?? '') < (runs.get(b) ?? '') ? -1 : 1));
    const runId = sorted[Math.floor(chance * sorted.length)];
    if (runId !== undefined) await act(twin, runId);
  });
}
