import type { SqlReader, SqlTx } from '../../shared/sql/sql.ts';

/** What a run works on, as its job selects it: read page by page, and frozen into rows before the first is worked. */
export interface Selection {
  /** The scheduler's name of the job, e.g. `premium-debit`. */
  readonly name: string;
  /** What the rows are summed under, e.g. `PREMIUM`. */
  readonly group: string;
  /**
   * What rows are kept together by, in words, e.g. `merchant`; then each selected row has a `key`. All rows of one key
   * lie in one slice, in the order of selection, and are worked one after the other. Default: slices are ranges.
   */
  readonly sliceBy?: string;
  /** The largest subject there is when the run starts: what comes later is not in it. */
  highWater(db: SqlReader): Promise<number>;
  /** How many rows are due: decides how the selection is cut. */
  count(db: SqlReader, due: { readonly businessDate: string; readonly highWater: number }): Promise<number>;
  /**
   * The due rows behind the last one of the page before, at most `limit`: in ascending order of subject, or with
   * `sliceBy` in order of key and then subject. The first page is asked for behind subject 0 and key null.
   */
  selectPage(db: SqlReader, page: SelectionPage): Promise<readonly SelectedRow[]>;
  /** Rows of a page, in ascending order of subject, that must not be worked although they are due. Default: none. */
  withheld?(tx: SqlTx, page: readonly SelectedRow[], runId: number): Promise<ReadonlySet<number>>;
}

export interface SelectionPage {
  readonly businessDate: string;
  readonly afterSubject: number;
  /** With `sliceBy`: the key of the last row before, null at the beginning. */
  readonly afterKey: string | null;
  readonly highWater: number;
  readonly limit: number;
}

export interface SelectedRow {
  readonly subject: number;
  /** With `sliceBy`: what the row is kept together by, at most 128 characters. */
  readonly key?: string;
  readonly amountMinor?: number;
  readonly currency?: string;
  /** Which presentation of the obligation this run makes: 1 for the first. */
  readonly presentation?: number;
}
