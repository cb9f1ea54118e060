import { DaybreakError } from '../../shared/errors.ts';
import type { SqlTx } from '../../shared/sql/sql.ts';
import { NAME } from '../definition/refuse.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { chainIdByName, jobIdsByName } from '../storage/sql/definition-queries.ts';
import {
  allHolds,
  countHeldFires,
  type HoldRow,
  type HoldScope,
  insertHold,
  lockHold,
  type OnResume,
} from '../storage/sql/hold-queries.ts';
import { recordOperatorAction } from '../storage/sql/operator-action-queries.ts';
import { assertPerson } from './assert-fire-order.ts';
import { holdInWords } from './held-by.ts';

export interface Hold {
  readonly scope: HoldScope;
  /** Of the job, chain or group; for the cluster leave it out. */
  readonly name?: string;
  /** What becomes of the fires that are held meanwhile. Default 'latest'. */
  readonly onResume?: OnResume;
  /** Why; everybody who wonders reads it. */
  readonly reason: string;
  readonly by: string;
}

export interface HoldView extends Required<Hold> {
  readonly heldAtMs: number;
  /** How many fires wait for its end. */
  readonly heldFires: number;
}

const SCOPES: readonly HoldScope[] = ['cluster', 'group', 'chain', 'job'];
const ON_RESUME: readonly OnResume[] = ['all', 'latest', 'none'];
/** The name of the one hold on everything. */
export const CLUSTER = '*';

/** Stops a job, chain, group or everything from firing. Throws BAD_INPUT, NOT_FOUND, CONFLICT (it is held already). */
export async function hold(ctx: SchedulerContext, order: Hold): Promise<void> {
  const row = readHold(order);
  await ctx.store.transaction('hold', async (tx) => {
    await assertIsThere(tx, row);
    if (!(await insertHold(tx, row))) {
      const earlier = await lockHold(tx, row.scope, row.name);
      throw new DaybreakError('CONFLICT', earlier === null ? 'it is held already' : holdInWords(earlier));
    }
    await recordHold(tx, 'hold', { ...row, by: order.by, detail: { onResume: row.onResume } });
  });
}

/** All holds, the oldest first, with how many fires wait under each. */
export async function listHolds(ctx: SchedulerContext): Promise<HoldView[]> {
  return ctx.store.read('list-holds', async (db) => {
    const counts = await countHeldFires(db);
    return (await allHolds(db)).map(({ scope, name, onResume, reason, heldBy: by, heldAt }) => {
      const heldFires = Number(counts.find((each) => each.scope === scope && each.name === name)?.fires ?? 0);
      return { scope, name, onResume, reason, by, heldAtMs: heldAt, heldFires };
    });
  });
}

function readHold({ scope, name, onResume = 'latest', reason, by }: Hold): Omit<HoldRow, 'heldAt'> {
  assertPerson({ by, reason });
  if (!SCOPES.includes(scope)) throw new DaybreakError('BAD_INPUT', `scope must be one of ${SCOPES.join(', ')}`);
  if (!ON_RESUME.includes(onResume))
    throw new DaybreakError('BAD_INPUT', `onResume must be one of ${ON_RESUME.join(', ')}`);
  const called = scope === 'cluster' ? CLUSTER : (name ?? '');
  if (scope !== 'cluster' && !NAME.test(called)) {
    throw new DaybreakError('BAD_INPUT', `name must be that of the ${scope} to hold`);
  }
  return { scope, name: called, onResume, reason, heldBy: by };
}

async function assertIsThere(tx: SqlTx, { scope, name }: Pick<HoldRow, 'scope' | 'name'>): Promise<void> {
  const isThere =
    scope === 'job'
      ? (await jobIdsByName(tx, [name])).size > 0
      : scope !== 'chain' || (await chainIdByName(tx, name)) !== null;
  if (!isThere) throw new DaybreakError('NOT_FOUND', `there is no ${scope} "${name}"`);
}

/** For the record of what people did. */
export const recordHold = (
  tx: SqlTx,
  verb: string,
  { scope, name, by, reason, detail }: { scope: HoldScope; name: string; by: string; reason: string; detail: object },
): Promise<void> => recordOperatorAction(tx, { who: by, verb, subjectKind: scope, subjectId: name, reason, detail });
