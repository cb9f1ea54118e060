import { type Static, Type } from 'typebox';
import { EnvelopeSchema } from './wire.ts';

/**
 * POST {scheduler}/api/hold, ours: the line of an executor that cannot be dialled. It asks, and is answered when there
 * are messages for it, or after `waitMs` with none; what it has to say to earlier messages goes along with the question.
 * The messages are those of an executor's port, and so are the answers.
 */
const HeldVerbSchema = Type.Union([
  Type.Literal('beat'),
  Type.Literal('idleBeat'),
  Type.Literal('run'),
  Type.Literal('runs'),
  Type.Literal('kill'),
  Type.Literal('log'),
  Type.Literal('inspect'),
]);
export type HeldVerb = Static<typeof HeldVerbSchema>;

export const HELD_MESSAGES_MAX = 200;
const MessageId = () => Type.String({ minLength: 1, maxLength: 64 });

export const HoldSchema = Type.Object({
  group: Type.String({ minLength: 1, maxLength: 64 }),
  /** The same after a restart, and nobody else's in the group. */
  id: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }),
  incarnation: Type.String({ minLength: 1, maxLength: 64 }),
  waitMs: Type.Integer({ minimum: 0, maximum: 60_000 }),
  answers: Type.Array(Type.Object({ id: MessageId(), answer: EnvelopeSchema }), { maxItems: HELD_MESSAGES_MAX }),
});
export type HoldMessage = Static<typeof HoldSchema>;
export type HeldAnswer = HoldMessage['answers'][number];

/** The `data` of the answer with code 200. */
export const HeldSchema = Type.Object({
  messages: Type.Array(
    Type.Object({
      id: MessageId(),
      verb: HeldVerbSchema,
      body: Type.Optional(Type.Unknown()),
    }),
    { maxItems: HELD_MESSAGES_MAX },
  ),
  /** Another process asked in the name of this one: two nodes have the same id. */
  taken: Type.Optional(Type.Boolean()),
});
export type Held = Static<typeof HeldSchema>;
export type HeldMessage = Held['messages'][number];

const SCHEME = 'held://';

/** What schedulers know such an executor by: `held://orders/01J8ZK3V/`. Nobody dials it. */
export const heldAddress = (group: string, id: string): string => `${SCHEME}${encodeURIComponent(group)}/${id}/`;

export const isHeldAddress = (address: string): boolean => address.startsWith(SCHEME);

/** null: it is no held address. */
export function readHeldAddress(address: string): { readonly group: string; readonly id: string } | null {
  const found = /^held:\/\/([^/]{1,600})\/([A-Za-z0-9_-]{1,64})\/?$/.exec(address);
  if (found === null) return null;
  const [, group = '', id = ''] = found;
  try {
    const name = decodeURIComponent(group);
    // One spelling only: an address is a key.
    return encodeURIComponent(name) === group ? { group: name, id } : null;
  } catch {
    // A broken escape.
    return null;
  }
}
