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

interface KeyedRow<Row> extends ReadRow<Row> {
  readonly beginsKey: boolean;
}

interface RowsAhead<Row> {
  readonly afterSeq: number;
  readonly toSeq: number;
  readonly rows: readonly KeyedRow<Row>[];
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
  /** What is read of the next chunk while this one is processed. */
  readonly #ahead = new WeakMap<HeldSlice, Promise<RowsAhead<Row> | null>>();

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
    const read = await this.#rowsInHand(held, cursorSeq, handEnd);
    const last = read.at(-1);
    if (last === undefined) throw leaseLost(held.lease);
    held.noteProgress();
    this.#readAhead(held, last.seq, Math.min(this.#settings.chunkSize, 2 * read.length));
    const run = this.#run;
    const beganMs = this.#runtime.clock.monotonicMs();
    const { done, bad } = await processRows(this.#lanesOf(read), {
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

  /** What was read ahead, if it begins here and reaches far enough; of that, what is in hand by now and no more. */
  async #rowsInHand(held: HeldSlice, cursorSeq: number, handEnd: number): Promise<readonly KeyedRow<Row>[]> {
    const ahead = await this.#ahead.get(held);
    if (!ahead || ahead.afterSeq !== cursorSeq || ahead.toSeq < handEnd) return this.#read(held, cursorSeq, handEnd);
    return ahead.rows.filter(({ seq }) => seq <= handEnd);
  }

  #readAhead(held: HeldSlice, afterSeq: number, rows: number): void {
    const toSeq = Math.min(held.hi, afterSeq + rows);
    if (toSeq <= afterSeq) return;
    const reading = this.#read(held, afterSeq, toSeq).then((read) => ({ afterSeq, toSeq, rows: read }));
    // A read ahead that fails is no failure: the chunk reads by itself, and that one counts.
    this.#ahead.set(
      held,
      reading.catch(() => null),
    );
  }

  #read({ lease }: HeldSlice, afterSeq: number, toSeq: number): Promise<readonly KeyedRow<Row>[]> {
    return this.#store.read('read-chunk', async (db) => {
      const members = await db.arrays(
        'select seq, subject from item where run_id = ? and slice_no = ? and seq > ? and seq <= ? order by seq',
        [lease.runId, lease.sliceNo, afterSeq, toSeq],
      );
      const subjects = members.map((row) => Number(row[1]));
      const rowOf = await this.#rowsOf(db, subjects);
      const begins = this.#job.sliceBy === undefined ? null : await keyBegins(db, lease, { afterSeq, toSeq });
      return members.map((member, at) => {
        const seq = Number(member[0]);
        return { seq, subject: subjects[at] ?? 0, row: rowOf(at), beginsKey: begins === null || begins.has(seq) };
      });
    });
  }

  /** Without `sliceBy` each row is a lane of its own; with it, a lane is what the chunk has of one key. */
  #lanesOf(read: readonly KeyedRow<Row>[]): readonly (readonly ReadRow<Row>[])[] {
    const lanes: ReadRow<Row>[][] = [];
    for (const { beginsKey, ...row } of read) {
      const lane = lanes.at(-1);
      if (lane === undefined || beginsKey) lanes.push([row]);
      else lane.push(row);
    }
    return lanes;
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
  range: { readonly afterSeq: number; readonly toSeq: number },
): Promise<ReadonlySet<number>> {
  const rows = await db.arrays(
    'select first_seq from slice_key where run_id = ? and slice_no = ? and first_seq > ? and first_seq <= ?',
    [runId, sliceNo, range.afterSeq, range.toSeq],
  );
  return new Set(rows.map(([seq]) => Number(seq)));
}
