import type { Runtime } from '../../shared/runtime/runtime.ts';
import type { SqlReader, SqlStore } from '../../shared/sql/sql.ts';
import { commitRows } from './commit-rows.ts';
import { type HeldSlice, leaseLost } from './held-slice.ts';
import { processRows, type ReadRow } from './process-rows.ts';
import type { SlicedJobDefinition, SlicedJobResult, SlicedRunContext } from './sliced-job.ts';
import type { ChunkEnd, SliceWork } from './work-slices.ts';

export interface SlicedWorkSettings {
  readonly leaseMs: number;
  readonly chunkSize: number;
  readonly chunkMs: number;
  readonly concurrency: number;
  readonly badRowsMax: number;
}

/** Rows of a slice's first chunk, whose cost is not known: a few, so that dear ones are not all in one hand. */
export const firstRows = ({ chunkSize }: Pick<SlicedWorkSettings, 'chunkSize'>): number => Math.ceil(chunkSize / 8);

/** Rows of the next chunk: as many as take about `chunkMs` at the pace of the last one, and no leap from one to the next. */
export function nextRows(
  last: { readonly rows: number; readonly tookMs: number },
  { chunkSize, chunkMs }: Pick<SlicedWorkSettings, 'chunkSize' | 'chunkMs'>,
): number {
  const inTime = last.tookMs <= 0 ? chunkSize : Math.floor((chunkMs * last.rows) / last.tookMs);
  return Math.max(1, Math.min(chunkSize, inTime, 4 * Math.max(last.rows, firstRows({ chunkSize }))));
}

/** What a sliced job does with its slices: read ahead > process, outside any transaction > write with the cursor. */
export class SlicedWork<Row extends { readonly subject: number }, Result> implements SliceWork {
  readonly result: { -readonly [K in keyof SlicedJobResult]: SlicedJobResult[K] } = {
    slices: 0,
    stolen: 0,
    split: 0,
    rows: 0,
    bad: 0,
  };
  readonly #job: SlicedJobDefinition<Row, Result>;
  readonly #settings: SlicedWorkSettings;
  readonly #store: SqlStore;
  readonly #runtime: Runtime;
  readonly #run: SlicedRunContext;
  /** Up to which row each slice's chunk is in hand. */
  readonly #handEnds = new WeakMap<HeldSlice, number>();

  constructor(
    job: SlicedJobDefinition<Row, Result>,
    at: { settings: SlicedWorkSettings; store: SqlStore; runtime: Runtime; run: SlicedRunContext },
  ) {
    this.#job = job;
    this.#settings = at.settings;
    this.#store = at.store;
    this.#runtime = at.runtime;
    this.#run = at.run;
  }

  async chunk(held: HeldSlice, cursorSeq: number): Promise<ChunkEnd> {
    const { concurrency, leaseMs, badRowsMax } = this.#settings;
    const handEnd = this.#handEnds.get(held) ?? Math.min(held.lease.hi, cursorSeq + firstRows(this.#settings));
    const lanes = await this.#read(held, cursorSeq, handEnd);
    const last = lanes.at(-1)?.at(-1);
    if (last === undefined) throw leaseLost(held.lease);
    held.noteProgress();
    const run = this.#run;
    const beganMs = this.#runtime.clock.monotonicMs();
    const { done, bad } = await processRows(lanes, {
      concurrency,
      signal: run.signal,
      process: async (row) => (this.#job.process ? await this.#job.process(row, run) : (row as unknown as Result)),
      onRow: () => held.noteProgress(),
    });
    if (held.isLost) throw leaseLost(held.lease);
    const sinceMs = this.#runtime.clock.monotonicMs();
    const took = { rows: last.seq - cursorSeq, tookMs: sinceMs - beganMs };
    const chunk = { fromSeq: cursorSeq + 1, toSeq: last.seq, done, bad };
    const committed = await commitRows(this.#store, held.lease, chunk, {
      name: this.#job.name,
      leaseMs,
      handRows: held.lease.hot ? this.#settings.chunkSize : nextRows(took, this.#settings),
      badRowsMax,
      write: (tx, rows) =>
        this.#job.write(
          tx,
          rows.map(({ result }) => result),
          run,
        ),
    });
    if (committed.kind === 'closed') return committed;
    held.noteHeld(sinceMs, leaseMs);
    this.#handEnds.set(held, committed.handEnd);
    this.result.rows += last.seq - cursorSeq;
    this.result.bad += committed.bad;
    return { kind: 'moved', cursorSeq: committed.cursorSeq, hi: committed.hi };
  }

  /** The next rows, as lanes: with `sliceBy` a lane is what the chunk has of one key, else each row is its own. */
  #read({ lease }: HeldSlice, cursorSeq: number, handEnd: number): Promise<readonly (readonly ReadRow<Row>[])[]> {
    return this.#store.read('read-chunk', async (db) => {
      const members = await db.arrays(
        'select seq, subject from item where run_id = ? and slice_no = ? and seq > ? and seq <= ? order by seq',
        [lease.runId, lease.sliceNo, cursorSeq, handEnd],
      );
      const subjects = members.map((row) => Number(row[1]));
      const rows = await this.#rowsOf(db, subjects);
      const read = members.map((row, at) => ({ seq: Number(row[0]), subject: subjects[at] ?? 0, row: rows(at) }));
      if (this.#job.sliceBy === undefined) return read.map((one) => [one]);
      return lanesOf(read, await keyBegins(db, lease, read));
    });
  }

  async #rowsOf(db: SqlReader, subjects: readonly number[]): Promise<(at: number) => Row | undefined> {
    if (!this.#job.read) return (at) => ({ subject: subjects[at] ?? 0 }) as Row;
    const rows = await this.#job.read(db, subjects, this.#run);
    const bySubject = new Map(rows.map((row) => [row.subject, row]));
    return (at) => bySubject.get(subjects[at] ?? 0);
  }
}

async function keyBegins(
  db: SqlReader,
  { runId, sliceNo }: { readonly runId: number; readonly sliceNo: number },
  read: readonly { readonly seq: number }[],
): Promise<ReadonlySet<number>> {
  const rows = await db.arrays(
    'select first_seq from slice_key where run_id = ? and slice_no = ? and first_seq >= ? and first_seq <= ?',
    [runId, sliceNo, read[0]?.seq ?? 0, read.at(-1)?.seq ?? 0],
  );
  return new Set(rows.map(([seq]) => Number(seq)));
}

function lanesOf<Row>(
  read: readonly ReadRow<Row>[],
  begins: ReadonlySet<number>,
): readonly (readonly ReadRow<Row>[])[] {
  const lanes: ReadRow<Row>[][] = [];
  for (const one of read) {
    const lane = lanes.at(-1);
    if (lane === undefined || begins.has(one.seq)) lanes.push([one]);
    else lane.push(one);
  }
  return lanes;
}
