import { setTimeout as wait } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import { bookedSoFar } from '../night-killer.ts';
import type { PrivateMariadb } from '../private-mariadb.ts';
import type { PrivateRedis } from '../private-redis.ts';
import type { Cluster } from './given-cluster.ts';

/** What a fault works on, and how long its parts last: seconds in a test, production's minutes when all are run. */
export interface Stage {
  readonly cluster: Cluster;
  /** A server of the test's own, for faults that kill or freeze it. */
  readonly mariadb: PrivateMariadb | null;
  readonly redis: PrivateRedis | null;
  /** How long something is away: longer than a lease and than the time after which an executor is gone. */
  readonly awayMs: number;
  /** How long a nuisance lasts. */
  readonly nuisanceMs: number;
  /** What was seen, for the record. */
  note(text: string): void;
}

/** One row of the fault table: what is done to a cluster in the middle of a night; when it returns, all is healed. */
export interface Fault {
  readonly id: string;
  readonly what: string;
  /** Which of the stage's times it takes, more or less. Default 'nuisance'. */
  readonly lasts?: 'away' | 'nuisance';
  /** How many processes it starts one after the other. Default 1. */
  readonly starts?: number;
  /** Servers that must be the test's own. */
  readonly needs?: readonly ('MariaDB' | 'Redis')[];
  act(stage: Stage): Promise<void>;
}

export const sleep = (ms: number): Promise<void> => wait(ms);

/** Waits until the gateway has booked that share of all debits; the moment is one of the money's, not of a clock. */
export async function untilBooked({ cluster }: Stage, contracts: number, share: number): Promise<void> {
  const wanted = Math.floor(contracts * 1.85 * share);
  while (bookedSoFar(cluster.books) < wanted) await wait(20);
}

/** Waits until the sentence of SQL counts something, at most `forMs`; false when it never did. */
export async function untilCounted({ cluster }: Stage, sql: string, forMs: number): Promise<boolean> {
  for (const until = performance.now() + forMs; performance.now() < until; await wait(100)) {
    if ((await cluster.count(sql)) > 0) return true;
  }
  return false;
}

/** A client that is none of ours: it locks rows in its own order, and lets them go again. */
export async function rivalLocks(url: string, forMs: number): Promise<number> {
  const connection = await createConnection({ uri: url });
  let deadlocks = 0;
  try {
    for (const until = performance.now() + forMs; performance.now() < until; ) {
      try {
        await connection.query('begin');
        // Against everybody's order: first what others lock last.
        await connection.query('select * from open_item order by id desc limit 3 for update');
        await wait(30);
        await connection.query('select run_id from slice order by run_id desc, slice_no desc limit 3 for update');
        await wait(30);
        await connection.query('rollback');
      } catch {
        deadlocks += 1;
        await connection.query('rollback');
      }
    }
  } finally {
    await connection.end();
  }
  return deadlocks;
}
