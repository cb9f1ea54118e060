import { type Static, Type } from 'typebox';

/**
 * POST {scheduler}/api/join: an executor that has nothing but a one-time token gets the access token of its group, and
 * from then on speaks as all others do. Ours alone: xxl-job has no such verb.
 */
export const JoinSchema = Type.Object({
  joinToken: Type.String({ minLength: 1, maxLength: 200 }),
  appname: Type.String({ minLength: 1, maxLength: 64 }),
});
export type JoinMessage = Static<typeof JoinSchema>;

/** The `data` of the answer with code 200. */
export const JoinedSchema = Type.Object({
  accessToken: Type.String({ minLength: 32, maxLength: 200 }),
  /** Slow enough for the scheduler, and well before it would take the executor for silent. */
  heartbeatIntervalMs: Type.Integer({ minimum: 100, maximum: 60_000 }),
});
export type Joined = Static<typeof JoinedSchema>;

/** Beside 200, and 500 for whatever else: the token is not (or no longer) good; the group cannot be joined; too many tries. */
export const CODE_NOT_ADMITTED = 401;
export const CODE_NOT_JOINABLE = 409;
export const CODE_TOO_MANY_TRIES = 429;
