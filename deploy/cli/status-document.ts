import { lastNights } from '../../executor/examples/settlement/night.ts';
import type { Night } from '../../executor/examples/settlement/night-start.ts';
import {
  type MoneyByState,
  moneyByState,
  type OpenMoney,
  openMoney,
} from '../../executor/examples/settlement/night-status.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';

/** What `daybreak status` shows, and prints as it is with --json. */
export interface StatusDocument {
  readonly store: string;
  readonly nowMs: number;
  /** The process that works in the store, or null. */
  readonly running: { readonly pid: number; readonly startedAtMs: number; readonly command: string } | null;
  /** The scheduler's chain run, its runs and their shards; null when no night runs. */
  readonly chain: unknown;
  readonly open: readonly OpenMoney[];
  /** Items of the latest night. */
  readonly money: readonly MoneyByState[];
  readonly nights: readonly Night[];
}

const NIGHTS_SHOWN = 10;

export async function statusDocument(
  store: SqlStore,
  now: Pick<StatusDocument, 'running' | 'chain'>,
): Promise<StatusDocument> {
  return store.read('read-status', async (db) => {
    const nights = await lastNights(db, NIGHTS_SHOWN);
    const chainRunId = nights[0]?.chainRunId ?? null;
    return {
      store: store.label,
      nowMs: db.nowMs,
      ...now,
      open: await openMoney(db),
      money: chainRunId === null ? [] : await moneyByState(db, chainRunId),
      nights,
    };
  });
}
