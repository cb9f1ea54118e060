import type { SqlTx } from '../../shared/sql/sql.ts';
import { closeAlarm } from '../alarm/raise-alarm.ts';
import type { Effects } from '../effects.ts';
import { firesAfterRun } from '../firing/fire-children.ts';
import { deleteAwaitedInput } from '../storage/sql/input-queries.ts';
import { moveRun, type RunRow } from '../storage/sql/run-queries.ts';
import { isRunEnded, type RunEvent, type RunState, transitRun } from './run-transitions.ts';

/** Decides and writes one change of a locked run. Returns the new state, or null when nothing changed. */
export async function applyRunEvent(
  tx: SqlTx,
  run: RunRow,
  event: RunEvent,
  reason: string | null,
  effects: Effects,
): Promise<RunState | null> {
  const verdict = transitRun(run.state, event);
  if (verdict.kind !== 'moved') return null;
  const ended = isRunEnded(verdict.to);
  if (!(await moveRun(tx, { runId: run.id, from: run.state, to: verdict.to, reason, ended }))) return null;
  if (run.chainRunId !== null) effects.changedChainRuns.add(run.chainRunId);
  if (run.waitsFor === 'input') await leaveInput(tx, run.id);
  if (ended) await closeAlarm(tx, { kind: 'RUN_SLOW', subjectKind: 'run', subjectId: run.id });
  // Time alone may open an edge of it from now on: the sweep over the edges finds the instant. The edges of a run that
  // ended without having run are judged there too: its chain run may be locked by whoever has just made it.
  if (verdict.to === 'dispatched' || run.state === 'waiting') effects.wakes.add('evaluate-edges');
  // A later run of the job, or of a group with a limit, may have waited for it.
  if (ended || verdict.to === 'dispatched') effects.wakes.add('dispatch-ready-shards');
  if (ended && run.chainRunId === null) await firesAfterRun(tx, run, verdict.to, effects);
  if (ended) effects.counts.push((metrics) => metrics.runsEnded.add(1, { state: verdict.to }));
  return verdict.to;
}

/** It waits for its file no more. */
async function leaveInput(tx: SqlTx, runId: number): Promise<void> {
  await deleteAwaitedInput(tx, runId);
  await closeAlarm(tx, { kind: 'INPUT_LATE', subjectKind: 'run', subjectId: runId });
}
