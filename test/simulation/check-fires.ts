import type { SqlReader } from '../../shared/sql/sql.ts';

/** I1: one run per planned instant and per request; and every fire has exactly what its verdict says. */
export async function checkFires(db: SqlReader): Promise<string[]> {
  const found = await Promise.all(Object.entries(NEVER).map(([why, sql]) => tell(db, why, sql)));
  return found.flat();
}

async function tell(db: SqlReader, why: string, sql: string): Promise<string[]> {
  const rows = await db.all<object>(sql);
  return rows.slice(0, 3).map((row) => `${why}: ${JSON.stringify(row)}`);
}

const NEVER: Readonly<Record<string, string>> = {
  'I1: two runs for one planned instant': `select f.job_id, f.planned_at, count(*) as n from s_run r
    join s_fire f on f.id = r.fire_id where f.chain_run_id is null
    and f.origin in ('cron', 'fixed_rate', 'fixed_delay', 'one_off') group by f.job_id, f.planned_at having count(*) > 1`,
  'I1: two runs for one request': `select f.job_id, f.origin, f.dedup_key, count(*) as n from s_run r
    join s_fire f on f.id = r.fire_id group by f.job_id, f.chain_id, f.origin, f.dedup_key having count(*) > 1`,
  'I1: two chain runs for one request': `select chain_id, business_date, request_id, count(*) as n from s_chain_run
    group by chain_id, business_date, request_id having count(*) > 1`,
  'I1: two chain runs for one fire': `select fire_id, count(*) as n from s_chain_run where fire_id is not null
    group by fire_id having count(*) > 1`,
  'a backfill that is done has a date without its fire': `select b.id, b.from_date, b.to_date, b.state from s_backfill b
    where b.state = 'done' and julianday(b.to_date) - julianday(b.from_date) + 1 <>
      (select count(distinct f.business_date) from s_fire f where f.origin = 'backfill'
        and f.dedup_key = b.id || ':' || f.business_date and f.state in ('fired', 'skipped'))`,
  'a sweep began after the end of its chain run': `select r.id, r.chain_run_id from s_run r
    join s_job j on j.id = r.job_id and j.name = 'sweep' join s_chain_run c on c.id = r.chain_run_id
    join h_history b on b.what = 'run' and b.a = r.id and b.was is null
    join h_history e on e.what = 'chain-run' and e.a = c.id and e.now in ('succeeded', 'failed', 'cancelled')
    where b.seq > e.seq`,
  'a fire that was fired has no run': `select f.id, f.origin from s_fire f where f.state = 'fired' and f.job_id <> 0
    and not exists (select 1 from s_run r where r.fire_id = f.id)`,
  'a chain fire that was fired has no chain run': `select f.id from s_fire f where f.state = 'fired' and f.job_id = 0
    and not exists (select 1 from s_chain_run c where c.fire_id = f.id)`,
  'a fire that was not fired has a run': `select f.id, f.state from s_fire f where f.state <> 'fired'
    and exists (select 1 from s_run r where r.fire_id = f.id)`,
  'a run without its fire': `select r.id from s_run r where not exists (select 1 from s_fire f where f.id = r.fire_id)`,
  'a delay began before the end of the run before': `select a.id, b.id as next from s_run a
    join s_fire fa on fa.id = a.fire_id and fa.origin = 'fixed_delay'
    join s_run b on b.job_id = a.job_id and b.id > a.id
    join s_fire fb on fb.id = b.fire_id and fb.origin = 'fixed_delay'
    join h_history ea on ea.what = 'run' and ea.a = a.id
      and ea.now in ('succeeded', 'failed', 'timed_out', 'cancelled', 'discarded')
    join h_history sb on sb.what = 'run' and sb.a = b.id and sb.was is null
    where sb.seq < ea.seq`,
};
