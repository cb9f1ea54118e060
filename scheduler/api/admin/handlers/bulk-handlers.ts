import { DaybreakError } from '../../../../shared/errors.ts';
import { groupsOf } from '../../../admin/rights/find-groups.ts';
import { mayDo, type Principal, type Right } from '../../../admin/rights/rights.ts';
import { type BulkAsker, type BulkView, bulk, viewBulk } from '../../../bulk/bulk.ts';
import type { BulkVerb } from '../../../bulk/bulk-verbs.ts';
import type { BulkAction, BulkOperation, bulkRoutes } from '../contract/bulk-routes.ts';
import type { AdminParts, Handlers } from '../handler.ts';
import { FieldsError } from '../problem.ts';

/** What is done to a list longer than this takes goes on behind the answer. */
const PATIENCE_MS = 2_000;

interface Action {
  readonly verb: BulkVerb;
  readonly right: Right;
}

const ACTIONS: Readonly<Record<BulkAction, Action>> = {
  'job.enable': { verb: 'enable', right: 'edit' },
  'job.disable': { verb: 'disable', right: 'edit' },
  'job.remove': { verb: 'remove', right: 'edit' },
  'job.tag': { verb: 'tag', right: 'edit' },
  'job.untag': { verb: 'untag', right: 'edit' },
  'job.hold': { verb: 'hold', right: 'run' },
  'job.release': { verb: 'release', right: 'run' },
  'job.run': { verb: 'trigger', right: 'run' },
  'run.kill': { verb: 'kill', right: 'run' },
  'run.retry-failed': { verb: 'rerun-failed', right: 'run' },
  'run.resume': { verb: 'resume', right: 'run' },
  'run.rerun': { verb: 'rerun', right: 'run' },
  'alarm.close': { verb: 'close-alarm', right: 'run' },
};

/** The scheduler's bulk operations, with the rights of whoever asks: what they may not see is, for them, not there. */
export function createBulkHandlers({ ctx, hints }: AdminParts): Handlers<typeof bulkRoutes> {
  const askerOf = (principal: Principal, from: string, right: Right): BulkAsker => ({
    recordedAs: { principalKind: principal.kind, principalId: principal.id, who: principal.name, from },
    patienceMs: PATIENCE_MS,
    async judge(db, target) {
      const touched = await groupsOf(db, target);
      if (touched === null || !mayDo(principal, 'view', touched)) return 'hidden';
      return mayDo(principal, right, touched) ? 'go' : `FORBIDDEN: this needs the right "${right}"`;
    },
  });

  return {
    'POST /bulk': async (call) => {
      const { action, ids, tag, reason, requestId } = call.body;
      if ((action === 'job.tag' || action === 'job.untag') && tag === undefined) {
        throw new FieldsError([{ path: 'tag', message: 'is missing' }]);
      }
      call.because(`${action}: ${reason}`);
      const { verb, right } = ACTIONS[action];
      const businessDate = action === 'job.run' ? (call.body.businessDate ?? 'today') : undefined;
      const order = { verb, ids, by: call.by, reason, requestId: requestOf(call.principal, requestId) };
      const more = { ...(tag === undefined ? {} : { tag }), ...(businessDate === undefined ? {} : { businessDate }) };
      return operationOf(await bulk(ctx, hints, { ...order, ...more }, askerOf(call.principal, call.from, right)));
    },
    'GET /bulk/:operationId': async ({ params, principal }) => {
      const view = await viewBulk(ctx, params.operationId);
      const { principalKind, principalId } = view.recordedAs ?? {};
      const isOwn = principalKind === principal.kind && principalId === principal.id;
      if (isOwn || principal.isAdmin) return operationOf(view);
      throw new DaybreakError('NOT_FOUND', `there is no bulk operation ${params.operationId}`);
    },
  };
}

/** Ids of requests are the asker's own: nobody gets another's operation by guessing its id. */
const requestOf = ({ kind, id }: Principal, requestId: string): string => `${kind}-${id}:${requestId}`.slice(0, 100);

function operationOf(view: BulkView): BulkOperation {
  const found = Object.entries(ACTIONS).find(([, { verb }]) => verb === view.verb);
  // What programs do has the same verbs, so there is none that has no action.
  const action = (found?.[0] ?? 'job.run') as BulkAction;
  const results = [...view.results.map(resultOf), ...view.unknownIds.map(unknownOf)].sort((a, b) => a.id - b.id);
  const { operationId, created, state, by, startedAtMs, endedAtMs } = view;
  return {
    ...{ operationId, created, action, state, by, startedAtMs, endedAtMs },
    total: results.length,
    doneCount: results.filter(({ outcome }) => outcome !== 'open').length,
    successCount: results.filter(({ outcome }) => outcome === 'done' || outcome === 'unchanged').length,
    failureCount: results.filter(({ outcome }) => outcome === 'refused' || outcome === 'unknown_id').length,
    results,
  };
}

type OneResult = BulkOperation['results'][number];

function resultOf({ id, state, reason, result }: BulkView['results'][number]): OneResult {
  if (state === 'open') return { id, outcome: 'open' };
  if (state === 'failure') {
    const [, code, why] = /^([A-Z_]+): (.*)$/s.exec(reason ?? '') ?? [];
    return { id, outcome: 'refused', reason: why ?? reason ?? '', ...(code === undefined ? {} : { code }) };
  }
  const { changed, created, runId } = (result ?? {}) as { changed?: boolean; created?: boolean; runId?: number };
  const outcome = changed === false || created === false ? 'unchanged' : 'done';
  return { id, outcome, ...(runId === undefined ? {} : { runId }) };
}

const unknownOf = (id: number): OneResult => ({ id, outcome: 'unknown_id', code: 'NOT_FOUND' });
