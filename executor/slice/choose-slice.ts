/**
 * Which slice is taken next, and which is split when none can be taken. Pure: what is known of the open slices of one
 * run goes in, an order of trying comes out. Deciding is cheap and may be wrong by the time of the lock; whoever acts
 * on it asks the row again.
 */
export interface SliceView {
  readonly sliceNo: number;
  readonly homeShard: number;
  /** Open slices only: what is done is nobody's choice. */
  readonly state: 'free' | 'leased';
  readonly leaseUntil: number;
  readonly epoch: number;
  readonly cursorSeq: number;
  readonly sentToSeq: number;
  readonly readToSeq: number;
  readonly hi: number;
  readonly hot: boolean;
  readonly leasedAt: number;
  readonly leasedFrom: number;
  readonly workedMs: number;
  readonly workedRows: number;
}

export const isTakeable = (slice: SliceView, nowMs: number): boolean =>
  slice.state === 'free' || slice.leaseUntil < nowMs;

/** What rows have cost in this run so far; `learned` is what this process saw of slices that have ended. */
export interface RowCost {
  readonly ms: number;
  readonly rows: number;
}
export const NOTHING_LEARNED: RowCost = { ms: 0, rows: 0 };

/** A row's cost when nothing has been seen yet. Any figure would do: then only row counts tell slices apart. */
const COST_UNKNOWN_MS = 1;

export function meanCostMs(slices: readonly SliceView[], learned: RowCost, nowMs: number): number {
  let { ms, rows } = learned;
  for (const slice of slices) {
    const seen = seenOf(slice, nowMs);
    ms += seen.ms;
    rows += seen.rows;
  }
  return rows === 0 ? COST_UNKNOWN_MS : Math.max(ms / rows, MIN_COST_MS);
}
const MIN_COST_MS = 0.001;

/** Rows and milliseconds of this slice: its ended leases and the one that is on, which is no older than its expiry. */
function seenOf(slice: SliceView, nowMs: number): RowCost {
  const running = slice.state === 'leased' && slice.leaseUntil >= nowMs ? slice.cursorSeq - slice.leasedFrom : 0;
  if (running <= 0) return { ms: slice.workedMs, rows: slice.workedRows };
  return { ms: slice.workedMs + nowMs - slice.leasedAt, rows: slice.workedRows + running };
}

/** A row's cost in this slice: its own where rows of it were seen, else the run's. */
export function costPerRowMs(slice: SliceView, meanMs: number, nowMs: number): number {
  const seen = seenOf(slice, nowMs);
  const ownMs = seen.rows > 0 ? Math.max(seen.ms / seen.rows, MIN_COST_MS) : meanMs;
  if (slice.state !== 'leased' || slice.leaseUntil < nowMs) return ownMs;
  // A first chunk that does not come to its end says more than any mean: so long its rows have taken at least.
  const inHand = Math.max(1, handOf(slice) - slice.cursorSeq);
  const stuckMs = slice.cursorSeq === slice.leasedFrom ? (nowMs - slice.leasedAt) / inHand : 0;
  return Math.max(ownMs, stuckMs);
}

export const remainingRows = (slice: SliceView): number => slice.hi - slice.cursorSeq;

/** Up to where the holder has sent, or may have worked already: what lies above may be given to somebody else. */
export const handOf = (slice: Pick<SliceView, 'cursorSeq' | 'sentToSeq' | 'readToSeq'>): number =>
  Math.max(slice.cursorSeq, slice.sentToSeq, slice.readToSeq);

/** What to take, in order of trying: the longest expected work first, the smaller number where they are equal. */
export function stealOrder(slices: readonly SliceView[], learned: RowCost, nowMs: number): readonly SliceView[] {
  const meanMs = meanCostMs(slices, learned, nowMs);
  return byLength(
    slices.filter((slice) => isTakeable(slice, nowMs)),
    (slice) => remainingRows(slice) * costPerRowMs(slice, meanMs, nowMs),
  );
}

export interface SplitChoice {
  readonly slice: SliceView;
  /** The child gets no fewer: rows that are dear are worth a split sooner. */
  readonly rowsMin: number;
}

/** A split costs some tens of milliseconds: work of so long is worth one, also of fewer rows, down to an eighth. */
const WORTH_MS = 250;

const worthRows = (rowsMin: number, costMs: number): number =>
  Math.max(Math.ceil(rowsMin / 8), Math.min(rowsMin, Math.ceil(WORTH_MS / costMs)));

/** What to split, in order of trying: the slice that will end last first. Hot ones and short ones are left alone. */
export function splitOrder(
  slices: readonly SliceView[],
  learned: RowCost,
  rules: { readonly rowsMin: number; readonly nowMs: number },
): readonly SplitChoice[] {
  const { nowMs } = rules;
  const meanMs = meanCostMs(slices, learned, nowMs);
  const costMs = (slice: SliceView): number => costPerRowMs(slice, meanMs, nowMs);
  return byLength(
    slices.filter((slice) => !isTakeable(slice, nowMs) && !slice.hot),
    (slice) => remainingRows(slice) * costMs(slice),
  )
    .map((slice) => ({ slice, rowsMin: worthRows(rules.rowsMin, costMs(slice)) }))
    .filter(({ slice, rowsMin }) => cutAfter(slice, rowsMin) !== null);
}

/**
 * After which row a slice is cut: half of what the holder has not taken up goes to the child, and all of it when half
 * would be too little to be worth a slice. Null: nothing is to be had. The parent never becomes empty: it keeps what
 * is in hand, or one row.
 */
export function cutAfter(
  slice: Pick<SliceView, 'cursorSeq' | 'sentToSeq' | 'readToSeq' | 'hi'>,
  rowsMin: number,
): number | null {
  const hand = handOf(slice);
  const keepsMin = hand > slice.cursorSeq ? 0 : 1;
  const unread = slice.hi - hand;
  if (unread - keepsMin < rowsMin || unread <= keepsMin) return null;
  const half = Math.ceil(unread / 2);
  return hand + Math.max(keepsMin, unread - half >= rowsMin ? half : keepsMin);
}

function byLength(slices: readonly SliceView[], expectedMs: (slice: SliceView) => number): readonly SliceView[] {
  return slices
    .map((slice) => ({ slice, ms: expectedMs(slice) }))
    .sort((a, b) => b.ms - a.ms || a.slice.sliceNo - b.slice.sliceNo)
    .map(({ slice }) => slice);
}

/**
 * The least time in which the run can end: all that is left shared by all workers, or its longest hot key alone, which
 * nobody can share. People are told this figure, so that a night that cannot end sooner does not look slow.
 */
export function lowerBoundMs(
  slices: readonly SliceView[],
  learned: RowCost,
  at: { readonly workers: number; readonly nowMs: number },
): { readonly ms: number; readonly hotSliceNo: number | null } {
  const meanMs = meanCostMs(slices, learned, at.nowMs);
  const restOf = (slice: SliceView): number => remainingRows(slice) * costPerRowMs(slice, meanMs, at.nowMs);
  const shared = slices.reduce((sum, slice) => sum + restOf(slice), 0) / Math.max(1, at.workers);
  const [hottest] = byLength(
    slices.filter((slice) => slice.hot),
    restOf,
  );
  if (hottest === undefined || restOf(hottest) <= shared) return { ms: shared, hotSliceNo: null };
  return { ms: restOf(hottest), hotSliceNo: hottest.sliceNo };
}
