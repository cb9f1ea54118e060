import type { SqlStore } from '../../shared/sql/sql.ts';

/** Plants a good run of each job that took so long, by the job's id; `times` of them make it what the job usually takes. */
export const usually = (
  store: SqlStore,
  durations: Readonly<Record<number, number>>,
  { times = 1 }: { readonly times?: number } = {},
): Promise<void> =>
  store.transaction('plant', async (tx) => {
    for (const [jobId, durationMs] of Object.entries(durations)) {
      const id = Number(jobId);
      const job = await tx.get<{ hash: string }>('select config_hash as hash from s_job where id = ?', [id]);
      for (let n = 0; n < times; n++) {
        const fireId = await tx.insertReturningId(
          `insert into s_fire (job_id, origin, dedup_key, planned_at, business_date, state)
            values (?, 'manual', ?, 1, '2026-11-19', 'fired')`,
          [id, `planted ${durationMs} ${n}`],
        );
        await tx.insertReturningId(
          `insert into s_run (fire_id, job_id, config_hash, app_name, state, param, planned_at, business_date, created_at, ended_at)
            values (?, ?, ?, 'orders', 'succeeded', '', 1, '2026-11-19', 1, ?)`,
          [fireId, id, job?.hash ?? '', 1 + durationMs],
        );
      }
    }
  });
