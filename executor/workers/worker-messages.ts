import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import type { Attempt } from '../handler/attempt.ts';
import type { CrossedEnding, CrossedError } from '../handler/isolation/cross-ending.ts';

/** What crosses between an executor and its worker processes. Both sides check what they get. */

/** One attempt as this worker works it; a number of its own each time. */
const Ref = () => Type.Integer({ minimum: 1 });

const AttemptSchema = Type.Object({
  logId: Type.Integer(),
  logDateTime: Type.Integer(),
  jobId: Type.Integer(),
  handler: Type.String(),
  param: Type.String(),
  runId: Type.Integer(),
  shardIndex: Type.Integer(),
  shardTotal: Type.Integer({ minimum: 1 }),
  businessDate: Type.String(),
  workerProcess: Type.Integer({ minimum: 0 }),
});

const ToWorkerSchema = Type.Union([
  Type.Object({
    kind: Type.Literal('open'),
    module: Type.String(),
    index: Type.Integer({ minimum: 0 }),
    processes: Type.Integer({ minimum: 1 }),
    config: Type.Unknown(),
    executorAddress: Type.String(),
    stopGraceMs: Type.Integer({ minimum: 0 }),
  }),
  Type.Object({ kind: Type.Literal('work'), ref: Ref(), attempt: AttemptSchema }),
  Type.Object({
    kind: Type.Literal('stop'),
    ref: Ref(),
    why: Type.Union([
      Type.Literal('timeout'),
      Type.Literal('killed'),
      Type.Literal('covered'),
      Type.Literal('node-stops'),
    ]),
  }),
  /** The log lines up to here are written. */
  Type.Object({ kind: Type.Literal('flushed'), ref: Ref() }),
  Type.Object({ kind: Type.Literal('scrape'), ref: Ref() }),
  Type.Object({ kind: Type.Literal('close') }),
]);
type ReadToWorker = Static<typeof ToWorkerSchema>;
export type ToWorker =
  | Exclude<ReadToWorker, { kind: 'work' }>
  | { readonly kind: 'work'; readonly ref: number; readonly attempt: Attempt };

const Level = Type.Union([Type.Literal('info'), Type.Literal('warn'), Type.Literal('error')]);
const EndingSchema = Type.Union([
  Type.Object({ kind: Type.Literal('returned'), json: Type.Union([Type.String(), Type.Null()]) }),
  Type.Object({ kind: Type.Literal('unholdable') }),
  Type.Object({ kind: Type.Literal('threw'), error: Type.Unknown() }),
]);
const FromWorkerSchema = Type.Union([
  /** It has opened, and has handlers of these names. */
  Type.Object({ kind: Type.Literal('ready'), handlers: Type.Array(Type.String()) }),
  /** It could not open, or an error was caught by nobody: it ends. */
  Type.Object({ kind: Type.Literal('crashed'), error: Type.Unknown() }),
  Type.Object({ kind: Type.Literal('log'), ref: Ref(), level: Level, text: Type.String() }),
  Type.Object({ kind: Type.Literal('flush'), ref: Ref() }),
  /** The event loop turns: the handler was told, and may take its grace. */
  Type.Object({ kind: Type.Literal('stop-heard'), ref: Ref() }),
  Type.Object({ kind: Type.Literal('ended'), ref: Ref(), ending: EndingSchema }),
  Type.Object({ kind: Type.Literal('scraped'), ref: Ref(), body: Type.String() }),
]);
type ReadFromWorker = Static<typeof FromWorkerSchema>;
export type FromWorker =
  | Exclude<ReadFromWorker, { kind: 'ended' } | { kind: 'crashed' }>
  | { readonly kind: 'ended'; readonly ref: number; readonly ending: CrossedEnding }
  | { readonly kind: 'crashed'; readonly error: CrossedError };

const toWorker = Compile(ToWorkerSchema);
const fromWorker = Compile(FromWorkerSchema);

/** Null for what is no such message. */
export const readToWorker = (value: unknown): ToWorker | null => (toWorker.Check(value) ? (value as ToWorker) : null);
export const readFromWorker = (value: unknown): FromWorker | null =>
  fromWorker.Check(value) ? (value as FromWorker) : null;
