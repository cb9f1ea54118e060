import { DaybreakError } from '../../shared/errors.ts';

/** Slots of their own for some handlers, so that slow work elsewhere never takes them, nor they those of others. */
export interface PoolOptions {
  /** The handlers that run in it; one that no pool names runs in the default pool. */
  readonly handlers: readonly string[];
  /** How many of their attempts run at a time. */
  readonly slots: number;
  /** How many of them may wait; more are refused. Default: the executor's `queueMax`. */
  readonly queueMax?: number;
}

export interface Pool {
  readonly name: string;
  readonly slots: number;
  readonly queueMax: number;
}

export interface SlotPools {
  readonly all: readonly Pool[];
  poolOf(handler: string): Pool;
}

export const DEFAULT_POOL = 'default';

/** Throws BAD_OPTION with a sentence that names the pool. */
export function createSlotPools(
  common: { readonly slots: number; readonly queueMax: number },
  pools: Readonly<Record<string, PoolOptions>> = {},
): SlotPools {
  const rest: Pool = { name: DEFAULT_POOL, ...common };
  const all: Pool[] = [rest];
  const byHandler = new Map<string, Pool>();
  for (const [name, { handlers, slots, queueMax = common.queueMax }] of Object.entries(pools)) {
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(name) || name === DEFAULT_POOL) {
      refuse(name, `name it with 1 to 64 letters, digits, _ and -, and not "${DEFAULT_POOL}": that is the rest`);
    }
    if (!isCount(slots, 10_000)) refuse(name, `slots is ${slots}: give a whole number from 1 to 10000`);
    if (!isCount(queueMax, 1_000_000)) refuse(name, `queueMax is ${queueMax}: give a whole number from 1 to 1000000`);
    if (handlers.length === 0) refuse(name, 'name at least one handler that runs in it');
    const pool = { name, slots, queueMax };
    all.push(pool);
    for (const handler of handlers) {
      const other = byHandler.get(handler);
      if (other !== undefined) refuse(name, `handler "${handler}" is in pool "${other.name}" as well: leave it in one`);
      byHandler.set(handler, pool);
    }
  }
  return { all, poolOf: (handler) => byHandler.get(handler) ?? rest };
}

const isCount = (value: number, max: number): boolean => Number.isInteger(value) && value >= 1 && value <= max;

function refuse(pool: string, why: string): never {
  throw new DaybreakError('BAD_OPTION', `executor option pools.${pool}: ${why}`, { details: { option: 'pools' } });
}
