/** What is measured: both legs of one night, from freezing the selection to the last item settled. */
export interface DebitRun {
  debit(): Promise<void>;
  close(): Promise<void>;
}

export interface DebitPlace {
  /** A store that holds tonight's plans, all open and none frozen. */
  readonly storeUrl: string;
  readonly gatewayUrl: string;
  readonly gatewayKey: string;
}

export type OpenDebit = (place: DebitPlace) => Promise<DebitRun>;

export const BENCH_DATE = '2026-11-20';
export const BENCH_CHAIN_RUN = 1;
/** The run of each leg, in the order in which they are debited. */
export const BENCH_RUNS = { PREMIUM: 1, PRINCIPAL: 2 } as const;
/** Chunks of so many items, requests of so many debits, so many workers side by side: the same for both. */
export const CHUNK_ITEMS = 1_000;
export const BATCH_DEBITS = 500;
export const WORKERS = 3;
