import { type Static, Type } from 'typebox';
import { Grants } from './permissions.ts';
import { route } from './route.ts';
import { LoginName, Password } from './session-routes.ts';
import { Done, Id, Instant, maybe, orNull, strict, words } from './shapes.ts';

export const User = Type.Object({
  id: Id,
  name: Type.String(),
  displayName: Type.String(),
  email: orNull(Type.String()),
  isAdmin: Type.Boolean(),
  state: words(['active', 'disabled']),
  grants: Grants,
  mustChangePassword: Type.Boolean(),
  createdAtMs: Instant,
  lastLoginAtMs: orNull(Instant),
  /** Too many wrong passwords: no log-in before this. */
  lockedUntilMs: orNull(Instant),
});
export type User = Static<typeof User>;

export const ApiKey = Type.Object({
  id: Id,
  name: Type.String(),
  /** The first characters of the key: how it is told from others. */
  prefix: Type.String(),
  isAdmin: Type.Boolean(),
  grants: Grants,
  createdBy: Type.String(),
  createdAtMs: Instant,
  expiresAtMs: orNull(Instant),
  lastUsedAtMs: orNull(Instant),
  revokedAtMs: orNull(Instant),
});
export type ApiKey = Static<typeof ApiKey>;

const userId = strict({ userId: Id });
export const Email = orNull(
  Type.String({
    maxLength: 254,
    pattern: '^[^@\\s]+@[^@\\s]+$',
    description: 'one address, e.g. night@example.com',
  }),
);
export const DisplayName = Type.String({ maxLength: 64 });

export const peopleRoutes = {
  'GET /users': route({
    summary: 'Everybody who may log in.',
    permission: 'admin',
    subject: { kind: 'installation' },
    reply: Type.Object({ items: Type.Array(User) }),
  }),
  'POST /users': route({
    summary: 'Makes a person with a first password, which they have to change.',
    permission: 'admin',
    subject: { kind: 'installation' },
    body: strict({
      name: LoginName,
      displayName: maybe(DisplayName),
      email: maybe(Email),
      isAdmin: maybe(Type.Boolean()),
      grants: maybe(Grants),
      password: Password,
    }),
    reply: User,
    audit: 'user.create',
  }),
  'GET /users/:userId': route({
    summary: 'One person.',
    permission: 'admin',
    subject: { kind: 'installation' },
    params: userId,
    reply: User,
  }),
  'PATCH /users/:userId': route({
    summary: 'Changes a person. Less rights, or disabled: their sessions end. The last administrator stays one.',
    permission: 'admin',
    subject: { kind: 'installation' },
    params: userId,
    body: strict({
      displayName: maybe(DisplayName),
      email: maybe(Email),
      isAdmin: maybe(Type.Boolean()),
      grants: maybe(Grants),
      state: maybe(words(['active', 'disabled'])),
    }),
    reply: User,
    audit: 'user.update',
  }),
  'POST /users/:userId/password': route({
    summary: 'Sets a password for somebody who forgot theirs; they have to change it, and their sessions end.',
    permission: 'admin',
    subject: { kind: 'installation' },
    params: userId,
    body: strict({ password: Password }),
    reply: Done,
    audit: 'user.password',
  }),
  'POST /users/:userId/unlock': route({
    summary: 'Lets somebody try again who typed too many wrong passwords.',
    permission: 'admin',
    subject: { kind: 'installation' },
    params: userId,
    reply: Done,
    audit: 'user.unlock',
  }),
  'GET /keys': route({
    summary: 'Keys for programs, without their secrets.',
    permission: 'admin',
    subject: { kind: 'installation' },
    reply: Type.Object({ items: Type.Array(ApiKey) }),
  }),
  'POST /keys': route({
    summary: 'Makes a key. The answer is the only time that it is shown.',
    permission: 'admin',
    subject: { kind: 'installation' },
    body: strict({
      name: Type.String({ minLength: 1, maxLength: 64 }),
      isAdmin: maybe(Type.Boolean()),
      grants: maybe(Grants),
      expiresAtMs: maybe(orNull(Instant)),
    }),
    reply: Type.Object({ key: Type.String(), apiKey: ApiKey }),
    audit: 'key.create',
  }),
  'DELETE /keys/:keyId': route({
    summary: 'Revokes a key at once.',
    permission: 'admin',
    subject: { kind: 'installation' },
    params: strict({ keyId: Id }),
    reply: Done,
    audit: 'key.revoke',
  }),
} as const;
