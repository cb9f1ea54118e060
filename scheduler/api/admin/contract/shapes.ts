import { type Static, type TProperties, type TSchema, Type } from 'typebox';
import { FIRING_REASON_MAX } from '../../../firing/assert-fire-order.ts';

/** What all shapes of /api/v1 have in common. Instants are epoch milliseconds, names that end in AtMs; amounts are digit text. */

export const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
export const maybe = <T extends TSchema>(schema: T) => Type.Optional(schema);
/** What a request may hold and nothing else: a mistyped field that was passed over would do otherwise than meant. */
export const strict = <T extends TProperties>(properties: T) =>
  Type.Object(properties, { additionalProperties: false });
/** One of these words. */
export const words = <const W extends readonly string[]>(list: W) =>
  Type.Unsafe<W[number]>({ type: 'string', enum: [...list] });

export const Name = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$',
  description: '1 to 64 letters, digits, ".", "_", "-", the first of them a letter or digit',
});
export const Instant = Type.Integer({
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'epoch milliseconds',
});
export const Id = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
export const BusinessDate = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'a day as YYYY-MM-DD' });
/** Why somebody does something; kept with what was done. */
export const Reason = Type.String({ minLength: 1, maxLength: 1000 });
/** The same of what stops, releases or decides fires, and of alarms: as much as the scheduler keeps of it. */
export const FiringReason = Type.String({ minLength: 1, maxLength: FIRING_REASON_MAX });
/** The same id for the same thing is the same request, however often it is sent. */
export const RequestId = Type.String({ minLength: 1, maxLength: 128 });
/** In a path or a query numbers come as text; they are read before they are checked. */
export const Flag = Type.Boolean();

/** Queries of lists: `after` is the `next` of the page before. Default 50 rows, at most 200. */
export const PAGE = {
  limit: maybe(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
  after: maybe(Type.String({ maxLength: 200 })),
} as const;

/** A page of a list: `next` null is the end. */
export const pageOf = <T extends TSchema>(item: T) =>
  Type.Object({ items: Type.Array(item), next: orNull(Type.String()) });
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

export const Done = Type.Object({ done: Type.Literal(true) });
export type Done = Static<typeof Done>;

/** What is wrong with one field of what was sent. */
export const FieldProblem = Type.Object({
  /** Dots and brackets, e.g. `schedule.text`, `edges[2].to`; '' is the whole. */
  path: Type.String(),
  /** In English, for people; it names what to write instead. */
  message: Type.String(),
  /** Where in the text of the field, counted from 1, e.g. in a cron expression. */
  column: maybe(Type.Integer()),
});
export type FieldProblem = Static<typeof FieldProblem>;

/** The body of every answer that is not 2xx. The code is one of docs/errors.md; the page puts it into words. */
export const Problem = Type.Object({
  error: Type.Object({
    code: Type.String(),
    message: Type.String(),
    fields: Type.Array(FieldProblem),
    /** Ids and values that the words of the page need. */
    details: Type.Record(Type.String(), Type.Unknown()),
    /** With 429 and a locked account: after so many seconds, as in the Retry-After header. */
    retryAfterSeconds: maybe(Type.Integer()),
  }),
});
export type Problem = Static<typeof Problem>;

/** A count and a sum of money of one leg (group of items), currency and state. */
export const MoneyTotal = Type.Object({
  leg: Type.String(),
  currency: Type.String(),
  /** An item state, e.g. SUCCESS; null in what was frozen. */
  state: orNull(Type.String()),
  count: Type.Integer(),
  /** Minor units as digits: sums outgrow 2^53. */
  amountMinor: Type.String(),
});
export type MoneyTotal = Static<typeof MoneyTotal>;
