import type { SqlStore } from '../../../../shared/sql/sql.ts';
import type { Night } from '../night-start.ts';
import type { ReportLeg } from './night-report.ts';

/** How far a leg had come at an instant: items that had left PENDING, and items that were final. */
export interface ProgressPoint {
  readonly atMs: number;
  readonly begun: number;
  readonly final: number;
}
export type Progress = Readonly<Record<ReportLeg, readonly ProgressPoint[]>>;

export interface HistoryStep {
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly fromState: string;
  readonly toState: string;
  /** Items that went elsewhere: the state, or `FROM>TO` in a listed step. */
  readonly exceptions: readonly (readonly [seq: number, change: string])[];
}

const FINAL = new Set(['SUCCESS', 'FAILED', 'BLOCKED']);

/** Follows one slice through its history, step by step in its order (pure). */
export class SliceProgress {
  /** Items that did not start with their chunk (blocked, or waiting behind a gate): its settling does not mean them. */
  readonly #aside = new Set<number>();

  /** What this step adds to the items begun and to those that are final. */
  follow(step: HistoryStep): { begun: number; final: number } {
    let [begun, final] = [0, 0];
    const move = (from: string, to: string, items: number): void => {
      if (from === 'PENDING' && to !== 'PENDING') begun += items;
      if (FINAL.has(to) && !FINAL.has(from)) final += items;
    };
    if (step.fromState === 'LISTED') {
      for (const [, change] of step.exceptions) {
        const [from = '', to = ''] = change.split('>');
        move(from, to, 1);
      }
      return { begun, final };
    }
    let regular = step.toSeq - step.fromSeq + 1 - step.exceptions.length;
    if (step.fromState === 'PENDING') for (const [seq] of step.exceptions) this.#aside.add(seq);
    else regular -= this.#countAside(step);
    move(step.fromState, step.toState, regular);
    for (const [, state] of step.exceptions) move(step.fromState, state, 1);
    return { begun, final };
  }

  #countAside({ fromSeq, toSeq, exceptions }: HistoryStep): number {
    const named = new Set(exceptions.map(([seq]) => seq));
    let count = 0;
    for (const seq of this.#aside) if (seq >= fromSeq && seq <= toSeq && !named.has(seq)) count++;
    return count;
  }
}

const BUCKETS = 200;
const ROWS_PER_PAGE = 5_000;

/** The night's progress from its history, cut into buckets of time from its start to its end. */
export async function readProgress(store: SqlStore, night: Night, finishedAtMs: number): Promise<Progress> {
  const runs = await store.read('progress-runs', (db) =>
    db.arrays('select run_id, group_name from slice_run where chain_run_id = ?', [night.chainRunId ?? -1]),
  );
  const widthMs = Math.max(1, (finishedAtMs - night.startedAtMs) / BUCKETS);
  const progress: Record<ReportLeg, ProgressPoint[]> = { PREMIUM: [], PRINCIPAL: [] };
  for (const [runId, leg] of runs) {
    const begun = new Array<number>(BUCKETS + 1).fill(0);
    const final = new Array<number>(BUCKETS + 1).fill(0);
    let slice = { no: -1, progress: new SliceProgress() };
    for await (const { sliceNo, atMs, step } of historySteps(store, Number(runId))) {
      if (sliceNo !== slice.no) slice = { no: sliceNo, progress: new SliceProgress() };
      const bucket = Math.min(BUCKETS, Math.max(0, Math.ceil((atMs - night.startedAtMs) / widthMs)));
      const added = slice.progress.follow(step);
      begun[bucket] = (begun[bucket] ?? 0) + added.begun;
      final[bucket] = (final[bucket] ?? 0) + added.final;
    }
    let [b, f] = [0, 0];
    progress[String(leg) as ReportLeg] = begun.map((n, index) => {
      b += n;
      f += final[index] ?? 0;
      return { atMs: night.startedAtMs + index * widthMs, begun: b, final: f };
    });
  }
  return progress;
}

async function* historySteps(
  store: SqlStore,
  runId: number,
): AsyncGenerator<{ sliceNo: number; atMs: number; step: HistoryStep }> {
  let [slice, no] = [-1, -1];
  for (;;) {
    const rows = await store.read('history-steps', (db) =>
      db.arrays(
        `select slice_no, no, from_seq, to_seq, from_state, to_state, at_ms, exceptions from history
          where run_id = ? and slice_no >= ? and (slice_no > ? or no > ?) order by slice_no, no limit ${ROWS_PER_PAGE}`,
        [runId, slice, slice, no],
      ),
    );
    for (const row of rows) {
      const exceptions = row[7] === '[]' ? [] : (JSON.parse(String(row[7])) as [number, string][]);
      const step: HistoryStep = {
        fromSeq: Number(row[2]),
        toSeq: Number(row[3]),
        fromState: String(row[4]),
        toState: String(row[5]),
        exceptions,
      };
      yield { sliceNo: Number(row[0]), atMs: Number(row[6]), step };
    }
    if (rows.length < ROWS_PER_PAGE) return;
    [slice, no] = [Number(rows.at(-1)?.[0]), Number(rows.at(-1)?.[1])];
  }
}
