import type { BodyReport } from '../clockwork.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { attemptsAtPeers, type PeerAttempt } from '../storage/sql/peer-attempt-queries.ts';
import { rescueAttempt } from './rescue-lost-attempts.ts';

/** Since when a peer has said of an attempt that nothing of its job is there, in this process's monotonic time. */
export type PeerNotes = Map<number, { readonly idleSinceMs: number; readonly idleAnswers: number }>;

/** Three times the pace at which peers tell a result again that they could not deliver, and as many answers. */
const IDLE_ANSWERS = 3;

/**
 * A peer of another make tells no incarnation, so its restart on the same address cannot be seen in its registration.
 * What can be known: it has nothing of the job, running or waiting, and still no result has come. When it says so again
 * and again for `peerLostAfterMs`, the attempt is taken for lost. One that runs something else of the job in the
 * meantime hides the loss for as long; its `/log` says nothing either, because it never ends a log by itself.
 */
export async function askForeignPeers(ctx: SchedulerContext, notes: PeerNotes): Promise<BodyReport> {
  const attempts = await ctx.store.read('list-attempts-at-peers', (db) =>
    attemptsAtPeers(db, ctx.settings.peerLostAfterMs),
  );
  const present = new Set(attempts.map((attempt) => attempt.logId));
  for (const logId of notes.keys()) if (!present.has(logId)) notes.delete(logId);
  const questions = Map.groupBy(attempts, (attempt) => `${attempt.address} ${attempt.jobId}`);
  const lost = await Promise.all([...questions.values()].map((same) => ask(ctx, notes, same)));
  for (const { runId, logId, address } of lost.flat()) {
    const why = `executor ${address} has nothing of the job any more, and no result has come`;
    await rescueAttempt(ctx, { runId, logId, why }, async () => true);
    notes.delete(logId);
  }
  return {};
}

async function ask(ctx: SchedulerContext, notes: PeerNotes, same: readonly PeerAttempt[]): Promise<PeerAttempt[]> {
  const [first] = same;
  if (first === undefined) return [];
  const answer = await ctx.client.idleBeat(first.address, first.jobId);
  const nowMs = ctx.runtime.clock.monotonicMs();
  return same.filter(({ logId }) => {
    if (answer !== 'idle') {
      notes.delete(logId);
      return false;
    }
    const before = notes.get(logId);
    const note = { idleSinceMs: before?.idleSinceMs ?? nowMs, idleAnswers: (before?.idleAnswers ?? 0) + 1 };
    notes.set(logId, note);
    return note.idleAnswers >= IDLE_ANSWERS && nowMs - note.idleSinceMs >= ctx.settings.peerLostAfterMs;
  });
}
