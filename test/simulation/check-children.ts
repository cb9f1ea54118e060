import type { SqlReader } from '../../shared/sql/sql.ts';
import type { Change } from './history.ts';
import { ENDED } from './replay-history.ts';

interface ParentSchedule {
  readonly name: string;
  readonly enabled: boolean;
  readonly schedule: { readonly kind: string; readonly jobs?: readonly string[]; readonly on?: string };
}

/** I8: one child per parent run and edge where the edge was met, none where it was not. */
export async function checkChildren(db: SqlReader, history: readonly Change[]): Promise<string[]> {
  return [...(await checkParents(db, history)), ...(await checkChains(db))];
}

async function checkParents(db: SqlReader, history: readonly Change[]): Promise<string[]> {
  const versions = new Map<string, ParentSchedule>();
  for (const row of await db.all<{ hash: string; definition: string }>(
    `select config_hash as hash, definition from s_job_version`,
  )) {
    versions.set(row.hash, JSON.parse(row.definition) as ParentSchedule);
  }
  const inChain = new Set(
    (await db.all<{ id: number }>(`select id from s_run where chain_run_id is not null`)).map(({ id }) => id),
  );
  const current = new Map<number, ParentSchedule>();
  const expected = new Set<string>();
  for (const { what, a, b, now } of history) {
    if (what === 'job') current.set(a ?? 0, versions.get(now ?? '') as ParentSchedule);
    if (what !== 'run' || !ENDED.has(now ?? '') || inChain.has(a ?? 0)) continue;
    const parent = current.get(b ?? 0)?.name ?? '';
    for (const [childId, { enabled, schedule }] of current) {
      if (!enabled || schedule.kind !== 'parent' || !schedule.jobs?.includes(parent)) continue;
      if (follows(now ?? '', schedule.on ?? '')) expected.add(`job ${childId} after run:${a}`);
    }
  }
  const fires = await db.all<{ job: number; key: string }>(
    `select job_id as job, dedup_key as key from s_fire where origin = 'parent'`,
  );
  const found = new Map<string, number>();
  for (const { job, key } of fires) {
    const each = `job ${job} after ${key}`;
    found.set(each, (found.get(each) ?? 0) + 1);
  }
  const unlinked = await db.all<{ id: number }>(`select r.id from s_run r join s_fire f on f.id = r.fire_id
    where f.origin = 'parent' and (select count(*) from s_child_link l where l.child_run_id = r.id) <> 1`);
  return [
    ...[...expected].filter((each) => !found.has(each)).map((each) => `I8: no ${each}`),
    ...[...found.keys()].filter((each) => !expected.has(each)).map((each) => `I8: ${each}, which was not to follow`),
    ...[...found].filter(([, times]) => times > 1).map(([each]) => `I8: ${each} twice`),
    ...unlinked.map(({ id }) => `I8: run ${id} is not linked to its parent`),
  ];
}

const follows = (state: string, on: string): boolean =>
  on === 'always' || (on === 'success' ? state === 'succeeded' : state === 'failed' || state === 'timed_out');

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly when?: string;
}

async function checkChains(db: SqlReader): Promise<string[]> {
  const wrong: string[] = [];
  const chainRuns = await db.all<{ id: number; state: string; definition: string }>(
    `select c.id, c.state, v.definition from s_chain_run c
      join s_chain_version v on v.chain_id = c.chain_id and v.config_hash = c.config_hash`,
  );
  for (const { id, state, definition } of chainRuns) {
    const { nodes, edges } = JSON.parse(definition) as { nodes: readonly string[]; edges: readonly Edge[] };
    const runs = await db.all<{ id: number; node: string; state: string }>(
      `select r.id, j.name as node, r.state from s_run r join s_job j on j.id = r.job_id where r.chain_run_id = ?`,
      [id],
    );
    const ends = new Map<string, string>();
    for (const run of runs.filter(({ node }) => nodes.includes(node))) {
      if (ends.has(run.node)) wrong.push(`I8: node ${run.node} of chain run ${id} has two runs`);
      ends.set(run.node, run.state);
    }
    // Somebody has stopped it in the middle: what was not made by then is not made.
    if (state === 'cancelled') continue;
    const due = nodes.filter((node) => edges.filter((edge) => edge.to === node).every((edge) => isMet(edge, ends)));
    for (const node of due) if (!ends.has(node)) wrong.push(`I8: node ${node} of chain run ${id} has no run`);
    for (const node of ends.keys()) {
      if (!due.includes(node)) wrong.push(`I8: node ${node} of chain run ${id} has a run, and was not due`);
    }
    const bad = nodes.filter((node) =>
      ['failed', 'timed_out', 'cancelled', 'discarded'].includes(ends.get(node) ?? ''),
    );
    const saved = (node: string) =>
      edges.some((edge) => edge.from === node && edge.when === 'failure' && ends.get(edge.to) === 'succeeded');
    const should = bad.every(saved) ? 'succeeded' : 'failed';
    if (state !== should) wrong.push(`chain run ${id} is ${state}, its nodes say ${should}`);
  }
  return wrong;
}

function isMet({ from, when = 'success' }: Edge, ends: ReadonlyMap<string, string>): boolean {
  const state = ends.get(from);
  if (when === 'always') return true;
  return when === 'success' ? state === 'succeeded' : ['failed', 'timed_out', 'cancelled'].includes(state ?? '');
}
