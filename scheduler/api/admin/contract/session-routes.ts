import { type Static, Type } from 'typebox';
import { Grants } from './permissions.ts';
import { route } from './route.ts';
import { Done, Id, Instant, maybe, orNull, strict, words } from './shapes.ts';

export const LANGUAGES = ['en', 'zh'] as const;
export const THEMES = ['system', 'light', 'dark'] as const;

/** What people are called when they log in: letters, digits and `. _ - @`, in any case, unique without regard to case. */
export const LoginName = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$',
  description: '1 to 64 letters, digits, ".", "_", "-", "@", the first of them a letter or digit',
});
/** 12 to 256 characters of any kind; what is on the list of passwords that everybody uses, or holds the name, is refused. */
export const Password = Type.String({ minLength: 12, maxLength: 256 });
const GivenPassword = Type.String({ minLength: 1, maxLength: 256 });

/** Who asks and what they may. `isAdmin` may everything in every group. */
export const Session = Type.Object({
  principal: Type.Object({
    kind: words(['user', 'key']),
    id: Id,
    name: Type.String(),
    displayName: Type.String(),
    isAdmin: Type.Boolean(),
    grants: Grants,
    /** They have to set a password of their own first: every other route answers 403 with details.why `password_change_needed`. */
    mustChangePassword: Type.Boolean(),
    language: orNull(words(LANGUAGES)),
    theme: words(THEMES),
  }),
  /** To be sent as `x-csrf-token` with everything that is not a GET; null for keys, which need none. */
  csrfToken: orNull(Type.String()),
  /** When it ends without use, and when it ends in any case. */
  idleEndsAtMs: orNull(Instant),
  endsAtMs: orNull(Instant),
  installation: Type.Object({
    version: Type.String(),
    /** True: a loopback-only trial installation; the page says so in its header. */
    isDev: Type.Boolean(),
    /** The clock of the store at the answer: what the page counts by. */
    nowMs: Instant,
    store: words(['sqlite', 'mysql']),
  }),
});
export type Session = Static<typeof Session>;

export const OwnSession = Type.Object({
  id: Type.String(),
  isThis: Type.Boolean(),
  createdAtMs: Instant,
  lastSeenAtMs: Instant,
  from: Type.String(),
  agent: Type.String(),
});
export type OwnSession = Static<typeof OwnSession>;

export const sessionRoutes = {
  'GET /setup': route({
    summary: 'Whether the first administrator is still to be made.',
    permission: 'public',
    subject: { kind: 'none' },
    reply: Type.Object({ needed: Type.Boolean() }),
  }),
  'POST /setup': route({
    summary:
      'Makes the first administrator with the one-time token of the link that the first start printed, and logs in.',
    permission: 'public',
    subject: { kind: 'none' },
    body: strict({
      token: Type.String({ maxLength: 200 }),
      name: LoginName,
      displayName: maybe(Type.String({ maxLength: 64 })),
      password: Password,
    }),
    reply: Session,
    audit: 'setup',
  }),
  'POST /session': route({
    summary: 'Logs in. A wrong name, a wrong password and a locked account have one answer.',
    permission: 'public',
    subject: { kind: 'none' },
    body: strict({ name: Type.String({ minLength: 1, maxLength: 64 }), password: GivenPassword }),
    reply: Session,
    audit: 'session.login',
  }),
  'GET /session': route({
    summary: 'Who asks; 401 when nobody is logged in.',
    permission: 'session',
    subject: { kind: 'none' },
    reply: Session,
  }),
  'DELETE /session': route({
    summary: 'Logs out: the session is gone on the server.',
    permission: 'session',
    subject: { kind: 'none' },
    reply: Done,
    audit: 'session.logout',
  }),
  'POST /session/password': route({
    summary: 'Changes the own password; all other sessions end.',
    permission: 'session',
    subject: { kind: 'none' },
    body: strict({ current: GivenPassword, next: Password }),
    reply: Session,
    audit: 'session.password',
    hidesBody: true,
  }),
  'PATCH /session/preferences': route({
    summary: 'Language and theme of the page, kept with the person.',
    permission: 'session',
    subject: { kind: 'none' },
    body: strict({ language: maybe(words(LANGUAGES)), theme: maybe(words(THEMES)) }),
    reply: Done,
    audit: 'session.preferences',
  }),
  'GET /sessions': route({
    summary: 'The own sessions.',
    permission: 'session',
    subject: { kind: 'none' },
    reply: Type.Object({ items: Type.Array(OwnSession) }),
  }),
  'DELETE /sessions/:sessionId': route({
    summary: 'Ends one of the own sessions.',
    permission: 'session',
    subject: { kind: 'none' },
    params: strict({ sessionId: Type.String({ maxLength: 64 }) }),
    reply: Done,
    audit: 'session.end',
  }),
} as const;
