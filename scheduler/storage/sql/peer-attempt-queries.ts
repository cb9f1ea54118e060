import type { SqlReader } from '../../../shared/sql/sql.ts';

export interface PeerAttempt {
  readonly runId: number;
  readonly logId: number;
  readonly jobId: number;
  readonly address: string;
}

/** Attempts that executors without an incarnation took at least so long ago, and whose shards still wait for them. */
export async function attemptsAtPeers(db: SqlReader, takenBeforeMs: number): Promise<PeerAttempt[]> {
  return db.all(
    `select a.run_id as runId, a.id as logId, o.job_id as jobId, a.address
       from s_open_run o
       join s_shard s on s.run_id = o.run_id and s.state = 'running'
       join s_attempt a on a.id = s.log_id
       join s_executor e on e.id = a.executor_id
      where a.incarnation is null and e.incarnation is null and e.state <> 'gone' and a.accepted_at <= ?
      order by a.id`,
    [db.nowMs - takenBeforeMs],
  );
}
