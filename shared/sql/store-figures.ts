import { createSlidingWindow, type Spread, WINDOW_MS } from './sliding-window.ts';

/** What a store has been like in the last seconds. The spreads slide; the counts are of its whole life. */
export interface StoreFigures {
  /**
   * The round trips that are the same work whatever a transaction does: its first statement (the store's clock) and its
   * COMMIT. So what grows here is the load of the server, its disk and the way to it, and not the size of a statement.
   */
  readonly roundTrip: Spread;
  /** From asking for a connection (SQLite: for one's turn) to having it. */
  readonly connectionWait: Spread;
  /** Connections for ordinary work, how many of them are taken, and who waits for one. */
  readonly connections: { readonly total: number; readonly inUse: number; readonly waiting: number };
  /** How transactions ended; `repeated` counts each time that one was run again after a deadlock or a lock wait. */
  readonly transactions: Readonly<Record<TransactionOutcome, number>>;
  /** Statements that took longer than `slowStatementMs`, by the name of their transaction or read. */
  readonly slow: readonly SlowWork[];
  /** This machine's clock against the store's; null while nothing was measured. */
  readonly clock: ClockSkew | null;
}

export const TRANSACTION_OUTCOMES = ['committed', 'rolled_back', 'repeated', 'unknown'] as const;
export type TransactionOutcome = (typeof TRANSACTION_OUTCOMES)[number];

export interface SlowWork {
  readonly name: string;
  readonly count: number;
  readonly maxMs: number;
  /** The slowest one's text, without its values. */
  readonly text: string;
}

export interface ClockSkew {
  /** The store's clock minus this machine's. */
  readonly skewMs: number;
  /** Half a round trip: so far it may be off. */
  readonly withinMs: number;
}

/** What an adapter writes down; all of it by counters, so that it may stand on every statement. */
export interface FigureBook {
  roundTrip(tookMs: number): void;
  connectionWait(tookMs: number): void;
  statement(name: string, text: string, tookMs: number): void;
  ended(outcome: TransactionOutcome): void;
  clock(skew: ClockSkew): void;
  figures(connections: StoreFigures['connections'], overMs?: number): StoreFigures;
}

// Names are few and fixed; a program that makes them up as it goes must not fill the memory.
const SLOW_NAMES_MAX = 100;
const TEXT_MAX = 300;
/** The quickest answer of so long is the one that is believed: it has the smallest error. */
const CLOCK_KEPT_MS = 60_000;

export function createFigureBook(given: { nowMs: () => number; slowStatementMs: number }): FigureBook {
  const { nowMs, slowStatementMs } = given;
  const roundTrips = createSlidingWindow();
  const waits = createSlidingWindow();
  const transactions = { committed: 0, rolled_back: 0, repeated: 0, unknown: 0 };
  const slow = new Map<string, { count: number; maxMs: number; text: string }>();
  let clock: (ClockSkew & { readonly atMs: number }) | null = null;

  return {
    roundTrip: (tookMs) => roundTrips.add(tookMs, nowMs()),
    connectionWait: (tookMs) => waits.add(tookMs, nowMs()),
    statement(name, text, tookMs) {
      if (tookMs < slowStatementMs) return;
      const known = slow.get(name);
      if (known === undefined && slow.size >= SLOW_NAMES_MAX) return;
      const isSlowest = known === undefined || tookMs > known.maxMs;
      slow.set(name, {
        count: (known?.count ?? 0) + 1,
        maxMs: isSlowest ? tookMs : known.maxMs,
        text: isSlowest ? text.slice(0, TEXT_MAX).replace(/\s+/g, ' ').trim() : known.text,
      });
    },
    ended: (outcome) => {
      transactions[outcome] += 1;
    },
    clock(skew) {
      const atMs = nowMs();
      if (clock === null || skew.withinMs <= clock.withinMs || atMs - clock.atMs > CLOCK_KEPT_MS)
        clock = { ...skew, atMs };
    },
    figures: (connections, overMs = WINDOW_MS) => ({
      roundTrip: roundTrips.spread(nowMs(), overMs),
      connectionWait: waits.spread(nowMs(), overMs),
      connections,
      transactions: { ...transactions },
      slow: [...slow].map(([name, { count, maxMs, text }]) => ({ name, count, maxMs, text })),
      clock: clock === null ? null : { skewMs: clock.skewMs, withinMs: clock.withinMs },
    }),
  };
}
