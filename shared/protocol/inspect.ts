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
  'run.slices',
  'run.steps',
  'nights.list',
  'nights.report',
] as const;
export type Question = (typeof QUESTIONS)[number];
