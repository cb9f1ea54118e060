import { pageSize } from './alarm/alarms.ts';
import type { SchedulerContext } from './scheduler-context.ts';
import { listOperatorActions } from './storage/sql/operator-action-queries.ts';

/** What somebody did to the scheduler. */
export interface OperatorActionView {
  readonly id: number;
  readonly atMs: number;
  readonly who: string;
  /** e.g. `kill`, `hold`, `save-script`. */
  readonly verb: string;
  readonly subjectKind: string;
  readonly subjectId: string;
  readonly reason: string;
  /** Whatever else a reader needs. */
  readonly detail: unknown;
}

export interface WhichActions {
  /** At most so many, the newest first. Default 100, at most 1,000. */
  readonly limit?: number;
  /** Only those before this one: the next page. */
  readonly beforeId?: number;
}

/** The record of what people and programs did, the newest first. Throws BAD_INPUT. */
export async function viewOperatorActions(
  ctx: SchedulerContext,
  { limit, beforeId = Number.MAX_SAFE_INTEGER }: WhichActions = {},
): Promise<OperatorActionView[]> {
  const page = pageSize(limit);
  const rows = await ctx.store.read('list-operator-actions', (db) => listOperatorActions(db, page, beforeId));
  return rows.map(({ at, detail, ...action }) => ({ ...action, atMs: at, detail: JSON.parse(detail) as unknown }));
}
