import { messageOf } from '../../shared/errors.ts';
import { peerMessageReader } from '../../shared/protocol/read-message.ts';
import { type CallbackMessage, CallbackSchema } from '../../shared/protocol/wire.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { type ReportedAttempt, reportedAttempts } from '../storage/sql/many-results-queries.ts';
import { acceptCallback } from './accept-callback.ts';
import { acceptTogether } from './accept-together.ts';

/** Whether the sender may speak for an attempt at an executor of this group, which may be one that signs. */
export type MayReport = (executor: { readonly appName: string; readonly signs: boolean }) => Promise<boolean>;

export interface CallbackListReport {
  readonly items: number;
  /** By the place in the list: what cannot be read, or is of somebody else's attempt. It was not taken. */
  readonly refused: readonly { readonly at: number; readonly why: string }[];
  /** What could not be stored just now. */
  readonly failed: readonly { readonly at: number; readonly why: string }[];
}

const readCallback = peerMessageReader(CallbackSchema);
// So many are looked up, and taken together where that can be: 20 ms of a transaction.
const PART = 500;
/** Others get their turn this often: an outage ends with thousands of results in one list. */
const YIELD_EVERY = 20;
/** So many failures in a row are the store's, not the items': the rest of the list would only wait for it too. */
const FAILURES_MAX = 3;

/**
 * Takes a list of results: what ends a run and nothing else together, every other one in a transaction of its own, so that
 * a bad one does not hold up the others and what was taken stays taken when the sender gives up waiting. When this
 * resolves, everything that is neither refused nor failed is committed (or was known before).
 */
export async function acceptCallbackList(
  ctx: SchedulerContext,
  list: readonly unknown[],
  mayReport: MayReport,
): Promise<CallbackListReport> {
  const refused: { at: number; why: string }[] = [];
  const failed: { at: number; why: string }[] = [];
  let failuresInARow = 0;
  await ctx.burst.over();
  for (let from = 0; from < list.length; from += PART) {
    const messages = readPart(list.slice(from, from + PART), from, refused);
    const known = await attemptsOf(ctx, messages);
    const strangers = await notTheirs(known, mayReport);
    const results = messages.flatMap(({ message }) => {
      const attempt = strangers.has(message.logId) ? undefined : known.get(message.logId);
      return attempt === undefined ? [] : [{ message, known: attempt }];
    });
    const through = await acceptTogether(ctx, results);
    const rest = messages.filter(({ message }) => !through.has(message.logId));
    for (const [n, { at, message }] of rest.entries()) {
      if (n % YIELD_EVERY === YIELD_EVERY - 1) await ctx.runtime.yieldTurn();
      const why = strangers.get(message.logId) ?? (failuresInARow >= FAILURES_MAX ? 'the store is failing' : null);
      if (why !== null) {
        (strangers.has(message.logId) ? refused : failed).push({ at, why });
        continue;
      }
      try {
        await acceptCallback(ctx, message);
        failuresInARow = 0;
      } catch (error) {
        failuresInARow += 1;
        failed.push({ at, why: messageOf(error) });
        ctx.logger.error({ err: error, logId: message.logId }, 'a result could not be stored');
      }
    }
  }
  for (const { at, why } of refused) {
    ctx.metrics.callbacks.add(1, { verdict: 'refused' });
    ctx.logger.error({ at, why }, 'a result was refused');
  }
  return { items: list.length, refused, failed };
}

interface Placed {
  readonly at: number;
  readonly message: CallbackMessage;
}

function readPart(part: readonly unknown[], from: number, refused: { at: number; why: string }[]): Placed[] {
  const messages: Placed[] = [];
  for (const [n, item] of part.entries()) {
    const read = readCallback(item);
    if (read.kind === 'message') messages.push({ at: from + n, message: read.message });
    else refused.push({ at: from + n, why: read.why });
  }
  return messages;
}

async function attemptsOf(
  ctx: SchedulerContext,
  messages: readonly Placed[],
): Promise<ReadonlyMap<number, ReportedAttempt>> {
  const logIds = [...new Set(messages.map(({ message }) => message.logId))];
  if (logIds.length === 0) return new Map();
  const rows = await ctx.store.read('find-reporters', (db) => reportedAttempts(db, logIds));
  return new Map(rows.map((row) => [row.logId, row]));
}

/** The log ids that the sender may not speak for, with the reason. Those that nobody knows are left to be counted. */
async function notTheirs(
  known: ReadonlyMap<number, ReportedAttempt>,
  mayReport: MayReport,
): Promise<Map<number, string>> {
  const why = new Map<number, string>();
  const judged = new Map<string, boolean>();
  for (const { logId, appName, signs } of known.values()) {
    const kind = `${signs} ${appName}`;
    const may = judged.get(kind) ?? (await mayReport({ appName, signs: signs === 1 }));
    judged.set(kind, may);
    if (!may) why.set(logId, `log ${logId} is of group "${appName}", for which this token does not speak`);
  }
  return why;
}

/** What a peer is told of the items that were not taken; the first of them by name. */
export function describeReport(report: CallbackListReport): string | null {
  const { items, refused, failed } = report;
  const [first] = [...refused, ...failed];
  if (first === undefined) return null;
  const kind = failed.length > 0 ? 'openapi invoke error:' : 'invalid request,';
  const count = refused.length + failed.length;
  return `${kind} ${count} of ${items} results were not taken, the others were: result ${first.at}: ${first.why}`;
}
