import { DaybreakError } from '../../../shared/errors.ts';
import type { SchedulerContext } from '../../scheduler-context.ts';
import { insertUser, noteLogin } from '../../storage/sql/admin-people-queries.ts';
import {
  isAnybodyThere,
  lockSetup,
  noteSetupUsed,
  readSetup,
  replaceSetup,
} from '../../storage/sql/admin-session-queries.ts';
import type { AdminSettings, SetupLink } from '../admin-options.ts';
import { freshSession, type LoggedIn } from './log-in.ts';
import { hashPassword } from './password.ts';
import { passwordRefusal } from './password-rules.ts';
import { newSecret, secretHash } from './secret-token.ts';

/**
 * Makes the one-time link by which the first administrator is made, when there is nobody yet; null when there is. There is
 * no password to begin with, so there is none that is forgotten to be changed.
 */
export async function offerSetup(
  ctx: SchedulerContext,
  url: string,
  settings: AdminSettings,
): Promise<SetupLink | null> {
  const token = newSecret(ctx.runtime.random);
  const expiresAtMs = await ctx.store.transaction('offer-setup', async (tx) => {
    if (await isAnybodyThere(tx)) return null;
    await replaceSetup(tx, secretHash(token), tx.nowMs + settings.setupLinkMs);
    return tx.nowMs + settings.setupLinkMs;
  });
  if (expiresAtMs === null) return null;
  // After the #: browsers send it to nobody, so no proxy and no log has it.
  return { url: `${(settings.publicUrl ?? url).replace(/\/$/, '')}/setup#${token}`, expiresAtMs };
}

export async function isSetupNeeded(ctx: SchedulerContext): Promise<boolean> {
  return ctx.store.read('is-setup-needed', async (db) => !(await isAnybodyThere(db)));
}

export interface SetUp {
  readonly token: string;
  readonly name: string;
  readonly displayName?: string;
  readonly password: string;
  readonly from: string;
  readonly agent: string;
}

/** Makes the first administrator and logs them in. Throws UNAUTHORIZED (the link is wrong, used or too old) and BAD_INPUT. */
export async function setUp(ctx: SchedulerContext, order: SetUp, settings: AdminSettings): Promise<LoggedIn> {
  const refusal = passwordRefusal(order.password, order.name);
  if (refusal !== null) {
    throw new DaybreakError('BAD_INPUT', `password ${refusal}`, { details: { path: 'password', why: refusal } });
  }
  // The link is looked at before anything is computed: who has none costs nothing.
  const known = await ctx.store.read('read-setup', readSetup);
  if (known === null || known.tokenHash !== secretHash(order.token)) throw badLink();
  const passwordHash = await hashPassword(order.password, ctx.runtime.random);
  return ctx.store.transaction('set-up', async (tx) => {
    const setup = await lockSetup(tx);
    const isGood = setup !== null && setup.usedAt === null && tx.nowMs < setup.expiresAt;
    if (!isGood || setup.tokenHash !== secretHash(order.token) || (await isAnybodyThere(tx))) throw badLink();
    const { name, displayName = name } = order;
    const userId = await insertUser(tx, { name, displayName, email: null, passwordHash, isAdmin: 1, mustChange: 0 });
    if (userId === null) throw badLink();
    await noteSetupUsed(tx);
    await noteLogin(tx, userId, null);
    return freshSession(tx, ctx, { userId, from: order.from, agent: order.agent }, settings);
  });
}

const badLink = (): DaybreakError =>
  new DaybreakError(
    'UNAUTHORIZED',
    'this set-up link is not good: it was used, is too old, or a scheduler that started later printed a newer one. Take that, or start a scheduler again',
  );
