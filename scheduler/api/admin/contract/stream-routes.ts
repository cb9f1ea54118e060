import { type Static, Type } from 'typebox';
import { route } from './route.ts';
import { Instant, maybe, orNull, strict, words } from './shapes.ts';

/**
 * Topics of the stream, separated by commas in the query:
 * `tonight`, `runs`, `alarms`, `executors`, `approvals`, `jobs`, `run:ID`, `chain-run:ID`, `log:ID`,
 * `script:ID` (of a job).
 * Each event is named `change` and its data is one of these: a hint to read again what the topic stands for, never the
 * thing itself. Its id goes into Last-Event-ID; who comes back with one that is too old gets `reset`: read everything again.
 */
export const StreamEvent = Type.Object({
  topic: Type.String(),
  atMs: Instant,
  kind: words(['changed', 'reset']),
  /** What changed, where one thing did, e.g. a run's id. */
  id: orNull(Type.Union([Type.Integer(), Type.String()])),
});
export type StreamEvent = Static<typeof StreamEvent>;
export const STREAM_TOPICS_MAX = 40;

export const InstallationStatus = Type.Object({
  version: Type.String(),
  nowMs: Instant,
  store: Type.String(),
  openRuns: Type.Integer(),
  executorsAlive: Type.Integer(),
  alarmsOpen: Type.Integer(),
  approvalsOpen: Type.Integer(),
});
export type InstallationStatus = Static<typeof InstallationStatus>;

export const streamRoutes = {
  'GET /stream': route({
    summary: 'Live hints as server-sent events: one stream per tab, with a heartbeat comment every 15 seconds.',
    permission: 'session',
    subject: { kind: 'visible' },
    query: strict({
      topics: Type.String({ minLength: 1, maxLength: 1000 }),
      lastEventId: maybe(Type.String({ maxLength: 64 })),
    }),
    reply: Type.Unknown(),
    streams: 'text/event-stream',
  }),
  'GET /status': route({
    summary: 'The few figures of the header of the page.',
    permission: 'view',
    subject: { kind: 'visible' },
    reply: InstallationStatus,
  }),
} as const;
