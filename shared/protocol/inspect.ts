import { type Static, Type } from 'typebox';

/**
 * POST {executor}/inspect: a named question of a person, with its parameters; answered with one page of what the
 * executor's own tables say. So the scheduler shows items, slices and nights without reading a table of an executor.
 */
export const InspectSchema = Type.Object({
  /** e.g. `items.search`. An executor answers those that it was given answers for. */
  question: Type.String({ minLength: 1, maxLength: 64, pattern: '^[a-z][a-z0-9.-]*$' }),
  params: Type.Optional(Type.Record(Type.String({ maxLength: 64 }), Type.Unknown())),
});
export type InspectMessage = Static<typeof InspectSchema>;

/** What comes back as `data`: the answer, or why there is none. */
export const InspectAnswerSchema = Type.Union([
  Type.Object({ kind: Type.Literal('answer'), answer: Type.Unknown() }),
  Type.Object({
    kind: Type.Literal('refused'),
    /** A code of docs/errors.md. */
    code: Type.String(),
    message: Type.String(),
  }),
]);
export type InspectAnswer = Static<typeof InspectAnswerSchema>;

/** The questions that there are; what a job does not answer is refused as NOT_FOUND. */
export const QUESTIONS = [
  'items.search',
  'items.history',
  'items.unresolved',
  'items.ask-now',
  'items.resolve',
  'run.counts',
  'run.slices',
  'run.steps',
  'nights.list',
  'nights.report',
] as const;
export type Question = (typeof QUESTIONS)[number];

/**
 * The answer to `run.counts`: how far the slices of a run are, as their rows say at this moment. `worked`: a shard has
 * been there. `settled`: nothing more happens by itself. What is worked and not settled is open: in the air, or waiting.
 */
export const RunCountsSchema = Type.Object({
  total: Type.Integer({ minimum: 0 }),
  worked: Type.Integer({ minimum: 0 }),
  settled: Type.Integer({ minimum: 0 }),
  /** Items of slices whose states were not counted yet: with those in `states` they are `total`. */
  uncounted: Type.Integer({ minimum: 0 }),
  states: Type.Array(
    Type.Object({
      group: Type.String(),
      currency: Type.String(),
      state: Type.String(),
      count: Type.Integer({ minimum: 0 }),
      amountMinor: Type.String({ pattern: '^-?[0-9]+$' }),
    }),
  ),
});
export type RunCounts = Static<typeof RunCountsSchema>;
