import { messageOf } from '../../shared/errors.ts';
import { codeOfError, concernsTheWholeStep } from '../batch/skip-policy.ts';

/** A row as it was frozen, with what was read of it. */
export interface ReadRow<Row> {
  readonly seq: number;
  readonly subject: number;
  /** Undefined: it was selected and is not there any more. */
  readonly row: Row | undefined;
}

export interface DoneRow<Result> {
  readonly seq: number;
  readonly subject: number;
  readonly result: Result;
}

export interface BadRow {
  readonly seq: number;
  readonly subject: number;
  readonly phase: 'process' | 'write';
  readonly code: string;
  readonly message: string;
}

export const badRow = (
  at: { readonly seq: number; readonly subject: number },
  phase: BadRow['phase'],
  error: unknown,
): BadRow => ({
  seq: at.seq,
  subject: at.subject,
  phase,
  code: codeOfError(error).slice(0, 64),
  message: messageOf(error),
});

/**
 * Processes rows outside any transaction, lane by lane: rows of one lane one after the other, lanes side by side. A row
 * that fails is put aside; an error that concerns all of them (the store is gone, the run was stopped) rises, but only
 * when whatever was begun has ended.
 */
export async function processRows<Row, Result>(
  lanes: readonly (readonly ReadRow<Row>[])[],
  how: {
    readonly concurrency: number;
    readonly signal: AbortSignal;
    readonly process: (row: Row) => Promise<Result>;
    readonly onRow: () => void;
  },
): Promise<{ readonly done: readonly DoneRow<Result>[]; readonly bad: readonly BadRow[] }> {
  const done: DoneRow<Result>[] = [];
  const bad: BadRow[] = [];
  let next = 0;
  let failed = false;

  async function workLane(lane: readonly ReadRow<Row>[]): Promise<void> {
    for (const { row, ...at } of lane) {
      if (failed) return;
      how.signal.throwIfAborted();
      try {
        if (row === undefined) throw new RowGone(at.subject);
        done.push({ ...at, result: await how.process(row) });
      } catch (error) {
        if (how.signal.aborted || concernsTheWholeStep(error)) throw error;
        bad.push(badRow(at, 'process', error));
      }
      how.onRow();
    }
  }

  async function work(): Promise<void> {
    while (next < lanes.length && !failed) {
      const lane = lanes[next++] ?? [];
      try {
        await workLane(lane);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  }

  const workers = Array.from({ length: Math.min(how.concurrency, lanes.length) }, work);
  const ends = await Promise.allSettled(workers);
  const failure = ends.find((end) => end.status === 'rejected');
  if (failure) throw failure.reason;
  const bySeq = (a: { seq: number }, b: { seq: number }): number => a.seq - b.seq;
  return { done: done.sort(bySeq), bad: bad.sort(bySeq) };
}

class RowGone extends Error {
  override readonly name = 'ROW_GONE';
  constructor(subject: number) {
    super(`row ${subject} was selected when the run began, and read() does not give it any more`);
  }
}
