import type { Random } from '../../../shared/runtime/runtime.ts';
import type { SqlStore } from '../../../shared/sql/sql.ts';
import { compare } from './compare.ts';
import { beat } from './executors.ts';
import { tablesOf } from './named-rows.ts';
import { createPair } from './pair.ts';
import { count, letPass, ROUND, STEPS, type Step } from './steps.ts';

export interface Walk {
  /** What was done, up to the first difference. */
  readonly trace: readonly string[];
  readonly differences: readonly string[];
  /** So many attempts were made with their runs. */
  readonly madeTogether: number;
}

/**
 * Does the same to two schedulers, of which one takes what it can together and the other everything one by one, and
 * compares all that they have after each step.
 */
export async function walk(seed: string, rounds: number, stores: readonly [SqlStore, SqlStore]): Promise<Walk> {
  const pair = await createPair(seed, stores);
  const tables = await tablesOf(stores[0]);
  const trace: string[] = [];
  for (const { name, act } of [REGISTER, ...drawSteps(pair.random, rounds), LATER, COUNT]) {
    pair.chance.step += 1;
    trace.push(name);
    await act(pair);
    const differences = await compare(pair, tables);
    if (differences.length > 0) return { trace, differences, madeTogether: pair.madeTogether };
  }
  return { trace, differences: [], madeTogether: pair.madeTogether };
}

const REGISTER: Pick<Step, 'name' | 'act'> = { name: 'executors register', act: beat };
/** Runs of the last minute are not counted yet. */
const LATER: Pick<Step, 'name' | 'act'> = { name: 'time passes', act: (pair) => letPass(pair, 600_000) };
const COUNT: Pick<Step, 'name' | 'act'> = { name: 'runs are counted', act: count };

/** Rounds of what happens all the time, with anything else between. */
function drawSteps(random: Random, rounds: number): Step[] {
  return Array.from({ length: rounds }, () => ROUND.flatMap((step) => [step, drawStep(random)])).flat();
}

function drawStep(random: Random): Step {
  let left = random.integer(STEPS.reduce((sum, { weight }) => sum + weight, 0));
  for (const step of STEPS) {
    left -= step.weight;
    if (left < 0) return step;
  }
  throw new Error('no step was drawn');
}
