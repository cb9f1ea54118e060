import { DaybreakError } from '../../../../shared/errors.ts';
import type { SqlReader, SqlTx } from '../../../../shared/sql/sql.ts';
import { hashPassword } from '../../../admin/people/password.ts';
import { passwordRefusal } from '../../../admin/people/password-rules.ts';
import { calledAs, grantList, grantRows } from '../../../admin/people/principals.ts';
import { newApiKey, secretHash } from '../../../admin/people/secret-token.ts';
import type { Principal } from '../../../admin/rights/rights.ts';
import {
  allGrants,
  allKeys,
  allUsers,
  type GrantRow,
  grantsOf,
  insertKey,
  insertUser,
  type KeyRow,
  keyById,
  lockAdmins,
  lockUser,
  revokeKey,
  setGrants,
  setPassword,
  type UserRow,
  updateUser,
  userById,
} from '../../../storage/sql/admin-people-queries.ts';
import {
  clearLoginFailures,
  deleteSessionsOfUser,
  lockedAccounts,
} from '../../../storage/sql/admin-session-queries.ts';
import type { ApiKey, peopleRoutes, User } from '../contract/people-routes.ts';
import type { AdminParts, Handlers } from '../handler.ts';
import { FieldsError } from '../problem.ts';

const done = { done: true } as const;

/** People and keys. Whoever loses a right loses their sessions with it: the next log-in has the new rights alone. */
export function createPeopleHandlers({ ctx }: AdminParts): Handlers<typeof peopleRoutes> {
  const { random } = ctx.runtime;
  return {
    'GET /users': async () =>
      ctx.store.read('list-users', async (db) => {
        const grants = Map.groupBy(await allGrants(db, 'user'), ({ principalId }) => principalId);
        const locked = new Map((await lockedAccounts(db)).map((row) => [row.name, row.lockedUntil]));
        const users = await allUsers(db);
        return { items: users.map((user) => viewOf(user, grants.get(user.id) ?? [], locked.get(user.name) ?? null)) };
      }),
    'POST /users': async (call) => {
      const { name, displayName = name, email = null, isAdmin = false, grants = [], password } = call.body;
      refuseWeak(password, name);
      const passwordHash = await hashPassword(password, random);
      return call.ctx.store.transaction('create-user', async (tx) => {
        const made = { name, displayName, email, passwordHash, isAdmin: isAdmin ? 1 : 0, mustChange: 1 };
        const id = await insertUser(tx, made);
        if (id === null) throw new FieldsError([{ path: 'name', message: 'is taken' }], 'CONFLICT');
        await setGrants(tx, 'user', id, grantRows(grants));
        call.note({ kind: 'user', id });
        return readUser(tx, id);
      });
    },
    'GET /users/:userId': async ({ params }) => ctx.store.read('read-user', (db) => readUser(db, params.userId)),
    'PATCH /users/:userId': async (call) => {
      const { userId } = call.params;
      call.note({ kind: 'user', id: userId });
      return call.ctx.store.transaction('update-user', async (tx) => {
        const admins = await lockAdmins(tx);
        const user = await lockUser(tx, userId);
        if (user === null) throw notThere('user', userId);
        const { displayName, email, isAdmin, grants, state } = call.body;
        const next = {
          id: userId,
          displayName: displayName ?? user.displayName,
          email: email === undefined ? user.email : email,
          isAdmin: isAdmin === undefined ? user.isAdmin : isAdmin ? 1 : 0,
          state: state ?? user.state,
        };
        const stays = next.isAdmin === 1 && next.state === 'active';
        if (!stays && admins.length === 1 && admins[0] === userId) {
          throw new DaybreakError('CONFLICT', 'this is the last administrator: make another one first');
        }
        await updateUser(tx, next);
        if (grants !== undefined) await setGrants(tx, 'user', userId, grantRows(grants));
        const changesRights = grants !== undefined || next.isAdmin !== user.isAdmin || next.state !== user.state;
        if (changesRights) await deleteSessionsOfUser(tx, userId);
        return readUser(tx, userId);
      });
    },
    'POST /users/:userId/password': async (call) => {
      const { userId } = call.params;
      call.note({ kind: 'user', id: userId });
      const user = await ctx.store.read('read-user', (db) => userById(db, userId));
      if (user === null) throw notThere('user', userId);
      refuseWeak(call.body.password, user.name);
      const hash = await hashPassword(call.body.password, random);
      await call.ctx.store.transaction('reset-password', async (tx) => {
        await setPassword(tx, userId, hash, true);
        await deleteSessionsOfUser(tx, userId);
        await clearLoginFailures(tx, 'account', user.name);
      });
      return done;
    },
    'POST /users/:userId/unlock': async (call) => {
      const { userId } = call.params;
      call.note({ kind: 'user', id: userId });
      await call.ctx.store.transaction('unlock-user', async (tx) => {
        const user = await userById(tx, userId);
        if (user === null) throw notThere('user', userId);
        await clearLoginFailures(tx, 'account', user.name);
      });
      return done;
    },
    'GET /keys': async () =>
      ctx.store.read('list-keys', async (db) => {
        const grants = Map.groupBy(await allGrants(db, 'key'), ({ principalId }) => principalId);
        return { items: (await allKeys(db)).map((key) => keyView(key, grants.get(key.id) ?? [])) };
      }),
    'POST /keys': async (call) => {
      const { name, isAdmin = false, grants = [], expiresAtMs = null } = call.body;
      const { key, prefix } = newApiKey(random);
      const apiKey = await call.ctx.store.transaction('create-key', async (tx) => {
        if (expiresAtMs !== null && expiresAtMs <= tx.nowMs) {
          throw new FieldsError([{ path: 'expiresAtMs', message: 'is past already: give a later instant, or none' }]);
        }
        const createdBy = await personBehind(tx, call.principal);
        const row = { name, prefix, isAdmin: isAdmin ? 1 : 0, createdBy, expiresAt: expiresAtMs };
        const id = await insertKey(tx, { ...row, keyHash: secretHash(key) });
        await setGrants(tx, 'key', id, grantRows(grants));
        call.note({ kind: 'key', id });
        const made = await keyById(tx, id);
        if (made === null) throw new Error(`key ${id} is not there in the transaction that made it`);
        return keyView(made, await grantsOf(tx, 'key', id));
      });
      return { key, apiKey };
    },
    'DELETE /keys/:keyId': async (call) => {
      const { keyId } = call.params;
      call.note({ kind: 'key', id: keyId });
      const isRevoked = await call.ctx.store.transaction('revoke-key', (tx) => revokeKey(tx, keyId));
      if (!isRevoked) throw new DaybreakError('NOT_FOUND', `there is no key ${keyId} that could be revoked`);
      return done;
    },
  };
}

/** Who made a key that asks made what it makes: nobody becomes a second person by way of two keys. */
async function personBehind(db: SqlReader, principal: Principal): Promise<string> {
  if (principal.kind !== 'key') return calledAs(principal);
  return (await keyById(db, principal.id))?.createdBy ?? calledAs(principal);
}

async function readUser(db: SqlReader | SqlTx, id: number): Promise<User> {
  const user = await userById(db, id);
  if (user === null) throw notThere('user', id);
  const locked = (await lockedAccounts(db)).find(({ name }) => name === user.name);
  return viewOf(user, await grantsOf(db, 'user', id), locked?.lockedUntil ?? null);
}

function viewOf(user: UserRow, grants: readonly GrantRow[], lockedUntilMs: number | null): User {
  return {
    id: user.id,
    name: user.name,
    displayName: user.displayName,
    email: user.email,
    isAdmin: user.isAdmin === 1,
    state: user.state,
    grants: grantList(grants),
    mustChangePassword: user.mustChange === 1,
    createdAtMs: user.createdAt,
    lastLoginAtMs: user.lastLoginAt,
    lockedUntilMs,
  };
}

const keyView = (key: KeyRow, grants: readonly GrantRow[]): ApiKey => ({
  id: key.id,
  name: key.name,
  prefix: key.prefix,
  isAdmin: key.isAdmin === 1,
  grants: grantList(grants),
  createdBy: key.createdBy,
  createdAtMs: key.createdAt,
  expiresAtMs: key.expiresAt,
  lastUsedAtMs: key.lastUsedAt,
  revokedAtMs: key.revokedAt,
});

function refuseWeak(password: string, name: string): void {
  const refusal = passwordRefusal(password, name);
  if (refusal !== null) throw new FieldsError([{ path: 'password', message: refusal }]);
}

const notThere = (what: string, id: number): DaybreakError =>
  new DaybreakError('NOT_FOUND', `there is no ${what} ${id}`);
