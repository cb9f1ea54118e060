import { Type } from 'typebox';
import { Value } from 'typebox/value';
import type { HandResolution } from '../../executor/downstream/money-engine.ts';
import { type ItemEvent, itemEvents } from '../../executor/examples/settlement/night-status.ts';
import { DaybreakError } from '../../shared/errors.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';

/** What a resolution did, and the story of the item that it belongs to. */
export interface Resolved {
  readonly requestNo: string;
  readonly state: string;
  readonly history: readonly ItemEvent[];
}

/** What to do with the item, by an engine that has the store. */
export async function resolveWith(
  engine: { resolveByHand(request: HandResolution): Promise<{ runId: number; state: string }> },
  store: SqlStore,
  request: HandResolution,
): Promise<Resolved> {
  const { runId, state } = await engine.resolveByHand(request);
  const history = await store.read('read-item-events', (db) => itemEvents(db, runId, request.requestNo));
  return { requestNo: request.requestNo, state, history };
}

const ResolutionSchema = Type.Object({
  requestNo: Type.String({ minLength: 1, maxLength: 64 }),
  as: Type.Union([Type.Literal('success'), Type.Literal('failed'), Type.Literal('retry')]),
  by: Type.String({ minLength: 1, maxLength: 64 }),
  approvedBy: Type.String({ minLength: 1, maxLength: 64 }),
  reason: Type.String({ minLength: 1, maxLength: 4_000 }),
});

/** A request as it came over the control port. */
export function readResolution(body: unknown): HandResolution {
  if (Value.Check(ResolutionSchema, body)) return body;
  throw new DaybreakError('BAD_INPUT', 'a resolution has requestNo, as, by, approvedBy and reason');
}
