import { isBusinessDate } from '../../shared/business-date.ts';
import { DaybreakError } from '../../shared/errors.ts';
import type { Hints } from '../../shared/redis/hints.ts';
import type { SqlReader } from '../../shared/sql/sql.ts';
import { configHash } from '../definition/config-hash.ts';
import { assertPerson, assertRequestId } from '../firing/assert-fire-order.ts';
import { paramRefusal } from '../run/render-param.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import {
  allTargets,
  type BulkOperationRow,
  bulkById,
  bulkByRequest,
  claimOwner,
  endBulk,
  insertBulkOperation,
  insertBulkTargets,
} from '../storage/sql/bulk-queries.ts';
import { lockTargets } from './bulk-lock.ts';
import { BULK_ACTS, BULK_VERBS, type BulkKind, type BulkVerb } from './bulk-verbs.ts';
import { workAtomic, workBulk } from './work-bulk.ts';

export interface BulkOrder {
  readonly verb: BulkVerb;
  /** Of jobs (enable, disable, hold, release, trigger) or of runs (kill, rerun, rerun-failed). At most 10,000. */
  readonly ids: readonly number[];
  readonly by: string;
  /** Default: the verb. */
  readonly reason?: string;
  /** The same id is the same operation, however often it is asked for. At most 100 characters. */
  readonly requestId: string;
  /** All or nothing, in one transaction; for at most 500 ids. Default false: each id by itself. */
  readonly atomic?: boolean;
  /** For trigger: `YYYY-MM-DD`, or `today`: of each job in its own zone, when its turn comes. */
  readonly businessDate?: string;
  /** For trigger. Default: each job's own. */
  readonly param?: string;
  /** For tag and untag. */
  readonly tag?: string;
}

/** What the admin adds: who asks, for the audit log, and which targets are theirs. */
export interface BulkAsker {
  readonly recordedAs: BulkRecord;
  /** Asked once, when the list is stored. `hidden`: for this asker it is not there; a text: why it is not done. */
  judge(db: SqlReader, target: { readonly kind: BulkKind; readonly id: number }): Promise<'go' | 'hidden' | string>;
  /** So long it is worked on before this returns; what is left is done by `finish-bulks`. Default: to its end. */
  readonly patienceMs?: number;
}

/** Somebody as the audit log names them. */
export interface BulkRecord {
  readonly principalKind: 'user' | 'key';
  readonly principalId: number;
  readonly who: string;
  readonly from: string;
}

export interface BulkView {
  readonly operationId: number;
  /** False: this id of a request was known, and this is what has become of it. */
  readonly created: boolean;
  readonly state: 'running' | 'done';
  readonly verb: string;
  readonly by: string;
  /** Null: a program asked, not somebody of the admin. */
  readonly recordedAs: BulkRecord | null;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  /** Those that were there; the ids of `unknownIds` are not counted. */
  readonly total: number;
  readonly successCount: number;
  readonly failureCount: number;
  /** Nobody's: dropped. */
  readonly unknownIds: readonly number[];
  readonly results: readonly BulkResult[];
}

export interface BulkResult {
  readonly id: number;
  /** `open`: not reached yet. */
  readonly state: 'open' | 'success' | 'failure';
  readonly reason: string | null;
  /** What was made, e.g. `{ runId }`. */
  readonly result: unknown;
}

const IDS_MAX = 10_000;
const ATOMIC_MAX = 500;
const REASON_MAX = 1_000;
const TAG_MAX = 64;

/**
 * Does one thing to many jobs or runs. The list is stored before anything is done, so that after a crash another scheduler
 * does what is left; a target is one operation's at a time, and whoever comes second is told who has it. Throws BAD_INPUT,
 * and CONFLICT; an atomic one throws what refused it, and nothing of it is done.
 */
export async function bulk(
  ctx: SchedulerContext,
  hints: Hints,
  order: BulkOrder,
  asker: BulkAsker | null = null,
): Promise<BulkView> {
  checkOrder(order);
  const ids = [...new Set(order.ids)].sort((a, b) => a - b);
  const claims = ids.map((id) => claimOf(order.verb, id));
  // A soft lock spares the rows the quarrel of two that begin together; without it the rows decide.
  const release = await lockTargets(hints, claims);
  try {
    const { operation, created } = await store(ctx, order, ids, asker);
    if (created && operation.atomic === 0) await workBulk(ctx, operation.id, asker?.patienceMs);
    return { ...(await viewBulk(ctx, operation.id)), created };
  } finally {
    await release();
  }
}

export async function viewBulk(ctx: SchedulerContext, operationId: number): Promise<BulkView> {
  return ctx.store.read('view-bulk', async (db) => {
    const row = await bulkById(db, operationId);
    if (row === null) throw new DaybreakError('NOT_FOUND', `there is no bulk operation ${operationId}`);
    const targets = await allTargets(db, row.id);
    return {
      operationId: row.id,
      created: false,
      state: row.state,
      verb: row.verb,
      by: row.askedBy,
      recordedAs: row.recordedAs === null ? null : (JSON.parse(row.recordedAs) as BulkRecord),
      startedAtMs: row.createdAt,
      endedAtMs: row.endedAt,
      total: targets.length,
      successCount: targets.filter(({ state }) => state === 'success').length,
      failureCount: targets.filter(({ state }) => state === 'failure').length,
      unknownIds: JSON.parse(row.unknownIds) as number[],
      results: targets.map(({ targetId: id, state, reason, result }) => ({
        id,
        state,
        reason,
        result: result === null ? null : (JSON.parse(result) as unknown),
      })),
    };
  });
}

/** Stores the operation with its targets, each of them claimed; an atomic one is done in the same transaction. */
async function store(
  ctx: SchedulerContext,
  order: BulkOrder,
  ids: readonly number[],
  asker: BulkAsker | null,
): Promise<{ operation: BulkOperationRow; created: boolean }> {
  const { verb, by, reason = verb, requestId, atomic = false, businessDate, param, tag } = order;
  const args = JSON.stringify({
    businessDate: businessDate ?? null,
    param: param ?? null,
    ...(tag === undefined ? {} : { tag }),
  });
  const argsHash = configHash({ verb, ids, args });
  const kind = BULK_ACTS[verb].of;
  const stored = await ctx.store.transaction('store-bulk', async (tx) => {
    const known = await existing(tx, kind, ids);
    const refusals = new Map<number, string>();
    for (const id of asker === null ? [] : [...known]) {
      const verdict = await asker?.judge(tx, { kind, id });
      if (verdict === 'hidden') known.delete(id);
      else if (verdict !== undefined && verdict !== 'go') refusals.set(id, verdict);
    }
    const unknown = ids.filter((id) => !known.has(id));
    if (atomic && unknown.length > 0) {
      throw new DaybreakError(
        'NOT_FOUND',
        `there is no ${kind} ${unknown[0]}: an atomic operation does all or nothing`,
      );
    }
    const created = await insertBulkOperation(tx, {
      requestId,
      verb,
      targetKind: kind,
      askedBy: by,
      reason,
      args,
      argsHash,
      recordedAs: asker === null ? null : JSON.stringify(asker.recordedAs),
      atomic: atomic ? 1 : 0,
      unknownIds: JSON.stringify(unknown),
      total: known.size,
    });
    const operation = await bulkByRequest(tx, requestId);
    if (operation === null) throw new Error(`bulk operation ${requestId} is neither new nor there`);
    if (!created) return { operation: sameAsBefore(operation, argsHash), created, effects: null };
    const targets = ids
      .filter((id) => known.has(id))
      .map((id) => ({ id, claim: claimOf(verb, id), refusal: refusals.get(id) ?? null }));
    if ((await insertBulkTargets(tx, operation.id, targets)) !== targets.length) {
      throw changedByAnother(
        await claimOwner(
          tx,
          targets.map(({ claim }) => claim),
          operation.id,
        ),
      );
    }
    const effects = atomic ? await workAtomic(tx, ctx, operation) : null;
    if (targets.every(({ refusal }) => refusal !== null)) await endBulk(tx, operation.id);
    return { operation, created, effects };
  });
  if (stored.effects !== null) ctx.apply(stored.effects);
  return stored;
}

const claimOf = (verb: BulkVerb, id: number): string => `${BULK_ACTS[verb].of}:${id}`;

const TABLES: Readonly<Record<BulkKind, string>> = { job: 's_job', run: 's_run', alarm: 's_alarm' };

async function existing(db: SqlReader, kind: BulkKind, ids: readonly number[]): Promise<Set<number>> {
  const found = new Set<number>();
  for (let at = 0; at < ids.length; at += 500) {
    const part = ids.slice(at, at + 500);
    const rows = await db.all<{ id: number }>(
      `select id from ${TABLES[kind]} where id in (${part.map(() => '?').join(', ')})`,
      part,
    );
    for (const { id } of rows) found.add(id);
  }
  return found;
}

/** A request's id names one operation: with another list behind it, it is a mistake of the asker. */
function sameAsBefore(operation: BulkOperationRow, argsHash: string): BulkOperationRow {
  if (operation.argsHash === argsHash) return operation;
  throw new DaybreakError(
    'CONFLICT',
    `requestId "${operation.requestId}" is that of bulk operation ${operation.id} (${operation.verb}), which was asked for something else: take another id`,
  );
}

function changedByAnother(owner: Awaited<ReturnType<typeof claimOwner>>): DaybreakError {
  if (owner === null) return new DaybreakError('CONFLICT', 'changed by another: try again', { retryable: true });
  const since = new Date(owner.createdAt).toISOString();
  return new DaybreakError(
    'CONFLICT',
    `changed by another: ${owner.askedBy} has target ${owner.targetId} in bulk operation ${owner.id} (${owner.verb}) since ${since}; wait for its end`,
    { retryable: true, details: { operationId: owner.id, by: owner.askedBy, sinceMs: owner.createdAt } },
  );
}

function checkOrder({ verb, ids, by, reason, requestId, atomic = false, businessDate, param, tag }: BulkOrder): void {
  const refuse = (why: string): never => {
    throw new DaybreakError('BAD_INPUT', why);
  };
  if (!BULK_VERBS.includes(verb)) refuse(`verb must be one of ${BULK_VERBS.join(', ')}`);
  assertPerson({ by });
  if (reason !== undefined && (reason.trim() === '' || reason.length > REASON_MAX)) {
    refuse(`reason must have 1 to ${REASON_MAX} characters`);
  }
  assertRequestId(requestId);
  if (requestId.length > 100) refuse('requestId must have at most 100 characters: ids of targets are added to it');
  if (ids.length === 0) refuse('ids is empty: name at least one');
  const wrong = ids.find((id) => !Number.isSafeInteger(id) || id < 1);
  if (wrong !== undefined) refuse(`ids has ${wrong}: they are whole numbers from 1 on`);
  if (ids.length > IDS_MAX) refuse(`ids has ${ids.length}: at most ${IDS_MAX} at a time`);
  if (atomic && ids.length > ATOMIC_MAX) {
    refuse(
      `${ids.length} ids are too many for one transaction: at most ${ATOMIC_MAX} with atomic; leave atomic out, and each id has a result of its own`,
    );
  }
  if (verb === 'trigger' && businessDate !== 'today' && !isBusinessDate(businessDate ?? '')) {
    refuse(`businessDate is "${businessDate ?? ''}": give a day as YYYY-MM-DD, or today`);
  }
  if ((verb === 'tag' || verb === 'untag') && (tag === undefined || tag.trim() === '' || tag.length > TAG_MAX)) {
    refuse(`tag must have 1 to ${TAG_MAX} characters`);
  }
  const refusal = param === undefined ? null : paramRefusal(param);
  if (refusal !== null) refuse(`param ${refusal}`);
}
