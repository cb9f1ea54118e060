import type { Static, TSchema } from 'typebox';
import type { RoutePermission, Subject } from './permissions.ts';

/** One route as data: what it takes, what it answers, what it asks for. Handlers stand elsewhere. */
export interface Route {
  readonly summary: string;
  readonly permission: RoutePermission;
  readonly subject: Subject;
  readonly params?: TSchema;
  readonly query?: TSchema;
  readonly body?: TSchema;
  readonly reply: TSchema;
  /** What is written into the audit log, e.g. `job.update`. Every route that changes something has one. */
  readonly audit?: string;
  /** What is kept of the subject before and after, where it is not the subject itself: of a job its script. */
  readonly snapshot?: 'script';
  /** It changes nothing although it is no GET: what it looks at is too much for an address. */
  readonly readsOnly?: true;
  /** What is sent is not written into the audit log: it holds secrets that no name tells, or is in what is kept after. */
  readonly hidesBody?: true;
  /** It answers with a stream of this type instead of JSON; `reply` then describes nothing. */
  readonly streams?: 'text/event-stream' | 'text/plain' | 'text/csv' | 'application/x-ndjson';
  /** Bytes of the body. Default 262,144. */
  readonly bodyBytesMax?: number;
  /** Costs the store more than others: it has a rate limit of its own. */
  readonly heavy?: true;
}

export const route = <const R extends Route>(of: R): R => of;

type Part<R, K extends string> = R extends { readonly [P in K]: infer S extends TSchema } ? Static<S> : undefined;
export type ParamsOf<R> = Part<R, 'params'>;
export type QueryOf<R> = Part<R, 'query'>;
export type BodyOf<R> = Part<R, 'body'>;
export type ReplyOf<R> = R extends { readonly reply: infer S extends TSchema } ? Static<S> : never;
