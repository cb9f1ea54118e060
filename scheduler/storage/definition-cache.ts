import type { SqlReader } from '../../shared/sql/sql.ts';
import type { Chain } from '../definition/chain-definition.ts';
import type { Job } from '../definition/job-definition.ts';
import { chainVersion, jobVersion, jobVersions } from './sql/definition-queries.ts';

// 10,000 jobs that are due together and their chains; a definition is about 2 kB.
const KEPT_MAX = 20_000;

// A version never changes: its hash is that of its content. So what was read once is right for ever, on every store.
const jobs = new Map<string, Job>();
const chains = new Map<string, Chain>();

/** A version of a job, parsed once; reading it again each second was most of the cost of a tick. */
export async function cachedJob(db: SqlReader, jobId: number, configHash: string): Promise<Job | null> {
  return cached(jobs, configHash, () => jobVersion(db, jobId, configHash));
}

/** Versions of many jobs by their hashes, those that were not read yet in one statement. */
export async function cachedJobs(
  db: SqlReader,
  wanted: readonly { readonly jobId: number; readonly configHash: string }[],
): Promise<ReadonlyMap<string, Job>> {
  for (const job of await jobVersions(
    db,
    wanted.filter(({ configHash }) => !jobs.has(configHash)),
  )) {
    await cached(jobs, job.configHash, async () => job);
  }
  const found = new Map<string, Job>();
  for (const { jobId, configHash } of wanted) {
    // Nearly always there: a wait for each of 500 is a turn of the queue of promises for each.
    const job = jobs.get(configHash) ?? (await cachedJob(db, jobId, configHash));
    if (job !== null) found.set(configHash, job);
  }
  return found;
}

export async function cachedChain(db: SqlReader, chainId: number, configHash: string): Promise<Chain | null> {
  return cached(chains, configHash, () => chainVersion(db, chainId, configHash));
}

/** The job as it is now. */
export async function currentCachedJob(db: SqlReader, jobId: number): Promise<Job | null> {
  const row = await db.get<{ hash: string }>(`select config_hash as hash from s_job where id = ?`, [jobId]);
  return row === null ? null : cachedJob(db, jobId, row.hash);
}

/** The chain as it is now. */
export async function currentCachedChain(db: SqlReader, chainId: number): Promise<Chain | null> {
  const row = await db.get<{ hash: string }>(`select config_hash as hash from s_chain where id = ?`, [chainId]);
  return row === null ? null : cachedChain(db, chainId, row.hash);
}

async function cached<T>(kept: Map<string, T>, key: string, read: () => Promise<T | null>): Promise<T | null> {
  const known = kept.get(key);
  if (known !== undefined) return known;
  const value = await read();
  if (value === null) return null;
  const [oldest] = kept.keys();
  if (kept.size >= KEPT_MAX && oldest !== undefined) kept.delete(oldest);
  kept.set(key, value);
  return value;
}
