import { DaybreakError } from '../../../shared/errors.ts';
import { networkOf } from '../../../shared/http-networks.ts';
import type { SqlTx } from '../../../shared/sql/sql.ts';
import type { SchedulerContext } from '../../scheduler-context.ts';
import { noteLogin, type UserRow, userById, userByName } from '../../storage/sql/admin-people-queries.ts';
import {
  clearLoginFailures,
  deleteEndedSessions,
  lockLoginFailures,
  loginFailures,
  pruneLoginFailures,
  type SessionRow,
  writeLoginFailures,
} from '../../storage/sql/admin-session-queries.ts';
import { afterFailure, FORGOTTEN_AFTER_MS, isShut, LOCKED_MS } from './lockout.ts';
import { checkPassword, hashPassword } from './password.ts';
import { openSession, type SessionLimits } from './sessions.ts';

export interface LogIn {
  readonly name: string;
  readonly password: string;
  readonly from: string;
  readonly agent: string;
}

export interface LoggedIn {
  readonly secret: string;
  readonly session: SessionRow;
  readonly user: UserRow;
}

/** One answer for a wrong name, a wrong password, a disabled and a locked account: it tells nothing to who guesses. */
const REFUSAL = 'the name or the password is wrong, or there were too many tries: wait, and try again';

/** Opens a session for a name and its password. Throws UNAUTHORIZED; each wrong try is counted, and told in the log. */
export async function logIn(ctx: SchedulerContext, order: LogIn, limits: SessionLimits): Promise<LoggedIn> {
  const name = order.name.toLowerCase();
  const network = networkOf(order.from);
  const { user, isOpen } = await ctx.store.read('find-user', async (db) => {
    const account = await loginFailures(db, 'account', name);
    const address = await loginFailures(db, 'address', network);
    const shut = [account, address].some((row) => row !== null && isShut(row, db.nowMs));
    return { user: await userByName(db, name), isOpen: !shut };
  });
  // Always computed, so that a shut door, an unknown name and a wrong password take the same time.
  const { fits, isOutdated } = await checkPassword(order.password, user?.passwordHash ?? null);
  if (!fits || !isOpen || user === null || user.state !== 'active') {
    if (isOpen) await countFailure(ctx, name, network);
    throw new DaybreakError('UNAUTHORIZED', REFUSAL);
  }
  const betterHash = isOutdated ? await hashPassword(order.password, ctx.runtime.random) : null;
  return ctx.store.transaction('log-in', async (tx) => {
    // Many tries at once have all found the door open; what they have counted meanwhile shuts it for the right one, too.
    if (await isShutNow(tx, name, network)) throw new DaybreakError('UNAUTHORIZED', REFUSAL);
    await clearLoginFailures(tx, 'account', name);
    await noteLogin(tx, user.id, betterHash);
    return { ...(await freshSession(tx, ctx, { ...order, userId: user.id }, limits)) };
  });
}

async function isShutNow(tx: SqlTx, name: string, network: string): Promise<boolean> {
  // The account first, then the address: one order for everybody.
  const account = await lockLoginFailures(tx, 'account', name);
  const address = await lockLoginFailures(tx, 'address', network);
  return isShut(account, tx.nowMs) || isShut(address, tx.nowMs);
}

/** A session of its own for each log-in, so one that was planted before is worth nothing. */
export async function freshSession(
  tx: SqlTx,
  ctx: SchedulerContext,
  who: { readonly userId: number; readonly from: string; readonly agent: string },
  limits: SessionLimits,
): Promise<LoggedIn> {
  await deleteEndedSessions(tx, tx.nowMs - limits.sessionIdleMs);
  await pruneLoginFailures(tx, tx.nowMs - FORGOTTEN_AFTER_MS);
  const { secret, session } = await openSession(tx, who, ctx.runtime.random, limits);
  const user = await userById(tx, who.userId);
  if (user === null) throw new Error(`user ${who.userId} is not there`);
  return { secret, session, user };
}

async function countFailure(ctx: SchedulerContext, name: string, network: string): Promise<void> {
  const shutNow = await ctx.store.transaction('count-failure', async (tx) => {
    let shut = false;
    // The account first, then the address: one order for everybody.
    for (const key of [
      { scope: 'account', name: name.slice(0, 64) },
      { scope: 'address', name: network },
    ] as const) {
      const to = afterFailure(await lockLoginFailures(tx, key.scope, key.name), tx.nowMs);
      await writeLoginFailures(tx, key, to);
      shut ||= to.lockedUntil - tx.nowMs >= LOCKED_MS;
    }
    return shut;
  });
  if (shutNow) ctx.logger.error({ user: name, from: network }, 'too many wrong passwords: shut for half an hour');
}
