import { DaybreakError } from '../../../../shared/errors.ts';
import { freshSession, type LoggedIn, logIn } from '../../../admin/people/log-in.ts';
import { checkPassword, hashPassword } from '../../../admin/people/password.ts';
import { passwordRefusal } from '../../../admin/people/password-rules.ts';
import { grantsOfPrincipal, principalOfUser } from '../../../admin/people/principals.ts';
import type { Caller } from '../../../admin/people/sessions.ts';
import { isSetupNeeded, setUp } from '../../../admin/people/set-up.ts';
import { setPassword, setPreferences, userById } from '../../../storage/sql/admin-people-queries.ts';
import {
  deleteSession,
  deleteSessionByPublicId,
  deleteSessionsOfUser,
  sessionsOfUser,
} from '../../../storage/sql/admin-session-queries.ts';
import { isSecure } from '../admit.ts';
import type { RouteName } from '../contract/routes.ts';
import type { Session, sessionRoutes } from '../contract/session-routes.ts';
import { dropCookie, setCookie } from '../cookies.ts';
import type { AdminParts, Call, Handlers } from '../handler.ts';
import { FieldsError } from '../problem.ts';

const done = { done: true } as const;

export function createSessionHandlers(parts: AdminParts): Handlers<typeof sessionRoutes> {
  const { ctx, settings } = parts;
  const secure = isSecure(settings);

  /** The cookie goes out with the answer; the session of before, if there was one, is not used any more. */
  async function welcome<N extends RouteName>(call: Call<N>, { secret, session, user }: LoggedIn): Promise<Session> {
    const principal = await ctx.store.read('read-principal', (db) => principalOfUser(db, user));
    const caller = { principal, session, user };
    call.isNow(caller);
    call.reply.header('set-cookie', setCookie(secret, { isSecure: secure, maxAgeMs: settings.sessionMaxMs }));
    return viewOf(caller);
  }

  async function viewOf({ principal, session, user }: Caller): Promise<Session> {
    const nowMs = await ctx.store.read('read-clock', async (db) => db.nowMs);
    return {
      principal: {
        kind: principal.kind,
        id: principal.id,
        name: principal.name,
        displayName: principal.displayName,
        isAdmin: principal.isAdmin,
        grants: grantsOfPrincipal(principal),
        mustChangePassword: user?.mustChange === 1,
        language: user?.language === 'en' || user?.language === 'zh' ? user.language : null,
        theme: user?.theme === 'light' || user?.theme === 'dark' ? user.theme : 'system',
      },
      csrfToken: session?.csrf ?? null,
      idleEndsAtMs: session === null ? null : session.lastSeenAt + settings.sessionIdleMs,
      endsAtMs: session?.endsAt ?? null,
      installation: { version: parts.version, isDev: settings.isDev, nowMs, store: ctx.store.dialect },
    };
  }

  return {
    'GET /setup': async () => ({ needed: await isSetupNeeded(ctx) }),
    'POST /setup': async (call) => {
      call.note({ kind: 'user', id: call.body.name });
      const { displayName, ...body } = call.body;
      const order = { ...body, from: call.from, agent: call.agent };
      const made = await setUp(ctx, displayName === undefined ? order : { ...order, displayName }, settings);
      ctx.logger.info({ user: made.user.name, from: call.from }, 'the first administrator was made');
      return welcome(call, made);
    },
    'POST /session': async (call) => {
      call.note({ kind: 'login', id: call.body.name.toLowerCase() });
      return welcome(call, await logIn(ctx, { ...call.body, from: call.from, agent: call.agent }, settings));
    },
    'GET /session': async ({ caller }) => viewOf(known(caller)),
    'DELETE /session': async (call) => {
      const { session } = known(call.caller);
      if (session !== null) await call.ctx.store.transaction('log-out', (tx) => deleteSession(tx, session.idHash));
      call.reply.header('set-cookie', dropCookie(secure));
      return done;
    },
    'POST /session/password': async (call) => {
      const { user } = known(call.caller);
      if (user === null) throw new DaybreakError('CONFLICT', 'a key has no password');
      call.note({ kind: 'user', id: user.id });
      const refusal = passwordRefusal(call.body.next, user.name);
      if (refusal !== null) throw new FieldsError([{ path: 'next', message: refusal }]);
      const { fits } = await checkPassword(call.body.current, user.passwordHash);
      if (!fits) throw new FieldsError([{ path: 'current', message: 'is not the password' }]);
      const hash = await hashPassword(call.body.next, ctx.runtime.random);
      const opened = await call.ctx.store.transaction('change-password', async (tx) => {
        await setPassword(tx, user.id, hash, false);
        await deleteSessionsOfUser(tx, user.id);
        return freshSession(tx, ctx, { userId: user.id, from: call.from, agent: call.agent }, settings);
      });
      return welcome(call, opened);
    },
    'PATCH /session/preferences': async (call) => {
      const { user } = known(call.caller);
      if (user === null) throw new DaybreakError('CONFLICT', 'a key has no preferences');
      const { language = user.language, theme = user.theme } = call.body;
      call.note({ kind: 'user', id: user.id });
      await call.ctx.store.transaction('set-preferences', (tx) => setPreferences(tx, user.id, language, theme));
      return done;
    },
    'GET /sessions': async ({ caller }) => {
      const { session, user } = known(caller);
      if (user === null) return { items: [] };
      const rows = await ctx.store.read('list-sessions', (db) => sessionsOfUser(db, user.id));
      return {
        items: rows.map((row) => ({
          id: row.publicId,
          isThis: row.idHash === session?.idHash,
          createdAtMs: row.createdAt,
          lastSeenAtMs: row.lastSeenAt,
          from: row.fromAddress,
          agent: row.agent,
        })),
      };
    },
    'DELETE /sessions/:sessionId': async (call) => {
      const { user } = known(call.caller);
      if (user === null) throw new DaybreakError('NOT_FOUND', 'a key has no sessions');
      const isGone = await call.ctx.store.transaction('end-session', async (tx) => {
        const found = await userById(tx, user.id);
        return found !== null && deleteSessionByPublicId(tx, user.id, call.params.sessionId);
      });
      if (!isGone) throw new DaybreakError('NOT_FOUND', 'there is no such session of yours');
      return done;
    },
  };
}

function known(caller: Caller | null): Caller {
  if (caller === null) throw new DaybreakError('UNAUTHORIZED', 'log in first');
  return caller;
}
