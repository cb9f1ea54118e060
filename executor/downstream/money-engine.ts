import type { SqlReader, SqlTx } from '../../shared/sql/sql.ts';
import type { HandlerContext } from '../handler/handler-context.ts';
import type { SelectedRow, Selection, SelectionPage } from '../slice/selection.ts';
import type { DownstreamCapabilities, SettlementFile, SettlementLine } from './define-downstream.ts';

/**
 * The money protocol (docs/money.md) for one downstream in one process. All executors of the process share it: the
 * rate bucket, the pause after refused credentials and the breaker are its own.
 */
export interface MoneyEngine {
  /** Tries the capabilities for up to `forMs`; throws DownstreamUnreachableError or DownstreamCapabilitiesError (names the field). */
  connect(options: { forMs: number; signal?: AbortSignal }): Promise<DownstreamCapabilities>;
  readonly capabilities: DownstreamCapabilities | null;
  /** One shard of a debit job: freezes the selection once per run, then works its slices, and others' when it is done. */
  runDebitShard(ctx: HandlerContext, job: DebitJob): Promise<DebitShardResult>;
  /** Works slices of open runs that this process has no shard of, once; the option `volunteer` does it all the time. */
  volunteerOnce(signal: AbortSignal): Promise<{ readonly helped: number }>;
  /** One shard of the verification sweep: the due open rows with id mod total = index. */
  runSweepShard(ctx: Pick<HandlerContext, 'shardIndex' | 'shardTotal' | 'signal' | 'log'>): Promise<SweepReport>;
  /** Asks once for every open row, due or not (the last pass at the cut-off); conflicting rows past it become MANUAL. */
  lastPass(options: { signal: AbortSignal; cutOffAtMs: number }): Promise<SweepReport>;
  /** Open rows become due now: at a start, and when the downstream is well again. */
  wakeOpenItems(): Promise<number>;
  /** A callback as it came over HTTP; the answer's status and text are what to send back. */
  acceptCallback(rawBody: Buffer, signature: string | null): Promise<{ status: number; body: string }>;
  /** The downstream's settlement file of a date, within the rate limit that all its endpoints share. */
  settlementFile(date: string, signal: AbortSignal): Promise<SettlementFile>;
  /** Settles open items that a settlement line matches in full (source 'file'); returns how many it settled. */
  applySettlementLines(lines: readonly SettlementLine[]): Promise<number>;
  /** Two people resolve a MANUAL item. Refuses (typed error) unless the item is MANUAL and the names differ. */
  resolveByHand(request: HandResolution): Promise<{ runId: number; state: string }>;
  /**
   * Runs the downstream's `afterSettled` for one message of the outbox; give it to `createExecutor({ afterSettled })`.
   * Messages of other downstreams are left alone. It may come twice after a crash: the item's keys tell.
   */
  afterSettled(body: unknown): Promise<void>;
  /** Calls that have no definite answer, with their amounts, per currency (amounts as digit text). */
  openSummary(): Promise<readonly OpenSummary[]>;
  /**
   * Tells which chain run is on and when it has to be done: what is settled from now on is settled in it. Rows of
   * earlier chain runs that only waited (for a gate, for a next attempt) leave the open table: their obligations are
   * open and are presented by tonight's run. What is in flight stays.
   */
  beginChainRun(current: { chainRunId: number; cutOffAtMs: number; exclusive: boolean }): Promise<void>;
  /** No new sends; ends when those in flight have ended. */
  drain(): Promise<void>;
}

/** A job whose items are debited at the downstream. `subject` is the id of the obligation that an item stands for. */
export interface DebitJob extends Omit<Selection, 'withheld'> {
  /** Freezes in pages; see Selection. Amounts are minor units. */
  selectPage(db: SqlReader, page: SelectionPage): Promise<readonly SelectedSubject[]>;
  /** What the calls of a chunk need, one row per subject in the given range or list, by subject. */
  details(
    db: SqlReader,
    items: { runId: number; sliceNo: number; fromSeq: number; toSeq: number },
  ): Promise<readonly SubjectDetails[]>;
  /** Asked inside the transaction that stores the calls; absent = debit all. One decision per item seq that is not 'debit'. */
  gate?(tx: SqlTx, chunk: GateChunk): Promise<ReadonlyMap<number, GateDecision>>;
  /**
   * Items that need a person before their obligation may be presented again (MANUAL, or two answers that contradict);
   * in the transaction that makes them so.
   */
  onHeld?(tx: SqlTx, subjects: readonly number[]): Promise<void>;
  /** Two people let a held item be tried again: its obligation is held no longer. */
  onUnheld?(tx: SqlTx, items: readonly { subject: number; presentation: number }[]): Promise<void>;
  /** Items that the cut-off left in RETRY_WAIT: a definite negative, so the obligation may be presented anew. */
  onReleased?(tx: SqlTx, items: readonly { subject: number; presentation: number }[]): Promise<void>;
  /** The idempotency key of one attempt, at most 64 characters; `reference` names the subject (see SubjectDetails). */
  requestNo(reference: string, presentation: number, attempt: number): string;
}

export interface SelectedSubject extends SelectedRow {
  readonly amountMinor: number;
  readonly currency: string;
  /** Which presentation of the obligation this run makes: 1 for the first. */
  readonly presentation: number;
}

export interface SubjectDetails {
  readonly seq: number;
  readonly subject: number;
  readonly reference: string;
  readonly accountNo: string;
}

export interface GateChunk {
  readonly runId: number;
  readonly chainRunId: number | null;
  readonly businessDate: string;
  readonly items: readonly { sliceNo: number; seq: number; subject: number }[];
}

export type GateDecision =
  | { readonly kind: 'blocked'; readonly reason: string }
  | { readonly kind: 'wait'; readonly reason: string };

/** How a requestNo leads back to the obligation: through the subject's own unique key. */
export interface RequestNoBook {
  find(db: SqlReader, requestNos: readonly string[]): Promise<ReadonlyMap<string, CallKey>>;
}
export interface CallKey {
  readonly subject: number;
  readonly presentation: number;
  readonly attempt: number;
}

export interface DebitShardResult {
  readonly slices: number;
  readonly items: number;
  readonly debited: number;
  readonly blocked: number;
  readonly waiting: number;
  readonly unclear: number;
}

export interface SweepReport {
  readonly asked: number;
  readonly settled: number;
  readonly repeated: number;
  readonly stillOpen: number;
}

export interface OpenSummary {
  readonly reason: string;
  readonly currency: string;
  readonly count: number;
  readonly amountMinor: string;
  readonly oldestOpenedAtMs: number;
}

export interface HandResolution {
  readonly requestNo: string;
  readonly as: 'success' | 'failed' | 'retry';
  readonly by: string;
  readonly approvedBy: string;
  readonly reason: string;
}
