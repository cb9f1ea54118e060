import type { SqlReader, SqlValue } from '../../../shared/sql/sql.ts';

/** What the pages can watch. Each is a few small reads of what is at work or of the newest ids, never of the history. */
const TOPICS: Readonly<Record<string, readonly string[]>> = {
  tonight: ['runs', 'chainRuns', 'alarms', 'executors', 'attempts'],
  runs: ['runs'],
  alarms: ['alarms'],
  executors: ['executors', 'drained'],
  approvals: ['approvals'],
  jobs: ['jobs', 'chains', 'holds'],
};

const READS: Readonly<Record<string, string>> = {
  runs: `select (select max(id) from s_run) as a, count(*) as b, max(r.slices_told) as c, sum(r.slices_told) as d,
      count(r.slice_count) as f,
      sum(case r.state when 'waiting' then 1 when 'running' then 1000 else 1000000 end) as e
      from s_open_run o join s_run r on r.id = o.run_id`,
  chainRuns: `select max(id) as a, sum(case state when 'running' then 1 when 'cancelling' then 2 else 0 end) as b
      from s_chain_run where state in ('running', 'cancelling')`,
  alarms: `select max(id) as a, count(*) as b from s_alarm where closed_at is null`,
  executors: `select count(*) as a, sum(case state when 'alive' then 1 when 'silent' then 1000 when 'draining' then 1000000 else 0 end) as b
      from s_executor where state <> 'gone'`,
  drained: `select count(*) as a, max(drained_at) as b from s_drained_executor`,
  attempts: `select max(id) as a from s_attempt`,
  approvals: `select max(id) as a, count(*) as b from s_approval where state = 'open'`,
  jobs: `select count(*) as a, max(updated_at) as b, sum(version) as c from s_job`,
  chains: `select count(*) as a, max(updated_at) as b, sum(version) as c from s_chain`,
  holds: `select count(*) as a, max(held_at) as b from s_hold`,
};

const OF_ONE: Readonly<Record<string, string>> = {
  run: `select r.state as a, r.slices_told as b, r.slice_count as g, r.waits_for as c, count(s.shard_index) as d,
      sum(case s.state when 'ready' then 1 when 'sent' then 100 when 'running' then 10000 when 'succeeded' then 1000000 else 100000000 end) as e,
      sum(s.attempts) as f
      from s_run r left join s_shard s on s.run_id = r.id where r.id = ? group by r.id, r.state, r.slices_told, r.slice_count, r.waits_for`,
  'chain-run': `select c.state as a, count(r.id) as b, sum(r.slices_told) as d, count(r.slice_count) as g, count(r.ended_at) as e, count(r.dispatched_at) as f
      from s_chain_run c left join s_run r on r.chain_run_id = c.id where c.id = ? group by c.id, c.state`,
  script: `select max(version) as a from s_script where job_id = ?`,
  log: `select state as a, ended_at as b from s_attempt where id = ?`,
};

/** Whether a topic is one that can be watched, and of which object it is. */
export function readTopic(topic: string): { readonly kind: string; readonly id: number | null } | null {
  if (TOPICS[topic] !== undefined) return { kind: topic, id: null };
  const [kind = '', id = ''] = topic.split(':');
  return OF_ONE[kind] !== undefined && /^[1-9]\d{0,14}$/.test(id) ? { kind, id: Number(id) } : null;
}

/** A short text per topic: it differs when something of the topic has changed. */
export async function topicStates(db: SqlReader, topics: readonly string[]): Promise<Map<string, string>> {
  const known = new Map<string, string>();
  const read = async (name: string, text: string, params: SqlValue[]): Promise<string> => {
    const found = known.get(name) ?? JSON.stringify(await db.arrays(text, params));
    known.set(name, found);
    return found;
  };
  const states = new Map<string, string>();
  for (const topic of topics) {
    const which = readTopic(topic);
    if (which === null) continue;
    if (which.id !== null) {
      states.set(topic, await read(topic, OF_ONE[which.kind] ?? '', [which.id]));
      continue;
    }
    let state = '';
    for (const name of TOPICS[topic] ?? []) state += await read(name, READS[name] ?? '', []);
    states.set(topic, state);
  }
  return states;
}

/**
 * Runs of a chain run whose slices are frozen and not all told settled: of them only their executors know how far they
 * are. Relies on s_run_chain.
 */
export async function partlyToldRuns(
  db: SqlReader,
  chainRunId: number,
): Promise<{ readonly runId: number; readonly group: string }[]> {
  const rows = await db.all<{ runId: number; appName: string }>(
    `select id as runId, app_name as appName from s_run
      where chain_run_id = ? and slice_count is not null and slices_told < slice_count order by id`,
    [chainRunId],
  );
  return rows.map(({ runId, appName }) => ({ runId, group: appName }));
}

/** The same of all runs that are open (the keys of s_open_run). */
export async function partlyToldOpenRuns(db: SqlReader): Promise<{ readonly runId: number; readonly group: string }[]> {
  const rows = await db.all<{ runId: number; appName: string }>(
    `select r.id as runId, r.app_name as appName from s_open_run o join s_run r on r.id = o.run_id
      where r.slice_count is not null and r.slices_told < r.slice_count order by r.id`,
  );
  return rows.map(({ runId, appName }) => ({ runId, group: appName }));
}
