import { type Static, Type } from 'typebox';
import type { CalendarDefinition } from '../../../calendar/calendar.ts';
import { ChainInputShape } from './chain-routes.ts';
import { JobInputShape } from './job-routes.ts';
import { Difference } from './kept-definition.ts';
import { DisplayName, Email } from './people-routes.ts';
import { Grants } from './permissions.ts';
import { route } from './route.ts';
import { LoginName } from './session-routes.ts';
import { FieldProblem, maybe, Name, strict, words } from './shapes.ts';

/** A group as a file has it: what is left out stays as it is. */
const GroupInput = strict({
  name: Name,
  title: maybe(Type.String({ maxLength: 255 })),
  addressType: maybe(words(['auto', 'manual'])),
  addresses: maybe(Type.Array(Type.String({ maxLength: 255 }), { maxItems: 1000 })),
  runLimit: maybe(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
});

/** A person as a file has them. Rights that are left out are none; what else is left out stays as it is. */
const PersonInput = strict({
  name: LoginName,
  displayName: maybe(DisplayName),
  email: maybe(Email),
  isAdmin: maybe(Type.Boolean()),
  grants: maybe(Grants),
  state: maybe(words(['active', 'disabled'])),
});

/** Definitions as a file: docs/as-code.md. Jobs and chains that are left out are not touched; their fields have defaults. */
export const DefinitionFile = strict({
  groups: maybe(Type.Array(GroupInput, { maxItems: 10_000 })),
  calendars: maybe(Type.Array(Type.Unsafe<CalendarDefinition>({ type: 'object' }), { maxItems: 10_000 })),
  jobs: maybe(Type.Array(JobInputShape, { maxItems: 10_000 })),
  chains: maybe(Type.Array(ChainInputShape, { maxItems: 10_000 })),
  /** Only an administrator sees or sends these. */
  people: maybe(Type.Array(PersonInput, { maxItems: 10_000 })),
});
export type DefinitionFile = Static<typeof DefinitionFile>;

/** What becomes of one thing that a file names; what stays as it is has no line. */
export const DefinitionChange = Type.Object({
  kind: words(['group', 'calendar', 'job', 'chain', 'person']),
  name: Type.String(),
  action: words(['create', 'change']),
  /** Field by field; of what is made: the fields that are not defaults. */
  differences: Type.Array(Difference),
});
export type DefinitionChange = Static<typeof DefinitionChange>;

const FILE_BYTES_MAX = 8 * 1_048_576;

export const definitionRoutes = {
  'GET /definitions': route({
    summary:
      'All groups, calendars, jobs and chains as a file has them, without what was taken away; for an administrator people, too.',
    permission: 'view',
    subject: { kind: 'installation' },
    reply: DefinitionFile,
    heavy: true,
  }),
  'POST /definitions/check': route({
    summary: 'What applying a file would change, or what is wrong with it by path; nothing is stored.',
    permission: 'view',
    subject: { kind: 'installation' },
    body: strict({ definitions: DefinitionFile }),
    reply: Type.Object({
      problems: Type.Array(FieldProblem),
      changes: Type.Array(DefinitionChange),
      /** Names these changes. */
      basis: Type.String(),
    }),
    readsOnly: true,
    bodyBytesMax: FILE_BYTES_MAX,
    heavy: true,
  }),
  'POST /definitions/apply': route({
    summary: 'Applies a file in one transaction. 409 when `basis` is not that of its changes any more.',
    permission: 'edit',
    subject: { kind: 'installation' },
    body: strict({ definitions: DefinitionFile, basis: Type.String({ maxLength: 64 }) }),
    reply: Type.Object({
      changes: Type.Array(DefinitionChange),
      /** Of those who are new: the only time that they are shown. They have to be changed at the first log-in. */
      firstPasswords: Type.Array(Type.Object({ name: Type.String(), password: Type.String() })),
    }),
    audit: 'definitions.apply',
    bodyBytesMax: FILE_BYTES_MAX,
    heavy: true,
  }),
} as const;
