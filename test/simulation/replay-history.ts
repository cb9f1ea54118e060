import type { SqlReader } from '../../shared/sql/sql.ts';
import type { Change } from './history.ts';

export const ENDED: ReadonlySet<string> = new Set(['succeeded', 'failed', 'timed_out', 'cancelled', 'discarded']);
const SHARD_ENDED: ReadonlySet<string> = new Set(['succeeded', 'failed', 'cancelled']);

interface RunSeen {
  readonly id: number;
  readonly job: number;
  state: string;
  /** In how many commits before it had ended. */
  endedAt: number;
  readonly shards: Map<number, { state: string; log: number | null }>;
}

interface Rules {
  readonly block: string;
  readonly parallelMax: number;
}

/**
 * I7, I17, I20, I21 over the whole history: what happened is played once more, change by change, and at each commit the
 * state that it led to is judged.
 */
export async function checkHistory(db: SqlReader, history: readonly Change[]): Promise<string[]> {
  const wrong: string[] = [];
  const rules = new Map<string, Rules>();
  for (const row of await db.all<{ hash: string; definition: string }>(
    `select config_hash as hash, definition from s_job_version`,
  )) {
    rules.set(row.hash, JSON.parse(row.definition) as Rules);
  }
  const runs = new Map<number, RunSeen>();
  const openByJob = new Map<number, Set<RunSeen>>();
  const jobVersions = new Map<number, string>();
  const runVersions = new Map<number, string>();
  const newestAttempt = new Map<string, number>();
  let commits = 0;
  let limit = 0;
  let touched = new Set<RunSeen>();
  let covering: { readonly run: RunSeen; readonly seq: number }[] = [];

  const openOf = (job: number) => {
    const open = openByJob.get(job) ?? new Set<RunSeen>();
    openByJob.set(job, open);
    return open;
  };
  const runOf = (id: number | null) => runs.get(id ?? 0);

  function takeRun({ seq, a, b, was, now }: Change): void {
    const [id, job, state] = [a ?? 0, b ?? 0, now ?? ''];
    const run = runs.get(id) ?? { id, job, state, endedAt: Infinity, shards: new Map() };
    runs.set(id, run);
    if (ENDED.has(was ?? '')) wrong.push(`#${seq} run ${id} left its final state ${was} for ${state}`);
    if (state === 'discarded' && !earlierInTheWay(run)) wrong.push(`#${seq} I20: run ${id} was discarded for nothing`);
    run.state = state;
    if (ENDED.has(state)) {
      openOf(job).delete(run);
      run.endedAt = commits;
    } else openOf(job).add(run);
    touched.add(run);
    if (state === 'running') covering.push({ run, seq });
  }

  const earlierInTheWay = (run: RunSeen): boolean =>
    [...openOf(run.job)].some((each) => each.id < run.id && (each.state === 'waiting' || each.state === 'running'));

  function takeShard({ seq, a, b, was, now, log }: Change): void {
    const run = runOf(a);
    if (run === undefined) return;
    const known = run.shards.get(b ?? 0);
    if (SHARD_ENDED.has(was ?? '')) wrong.push(`#${seq} shard ${b} of run ${a} left its final state ${was} for ${now}`);
    if (run.endedAt < commits) wrong.push(`#${seq} shard ${b} of run ${a} moved after the run's end`);
    if ((known?.log ?? 0) > (log ?? 0)) wrong.push(`#${seq} I7: shard ${b} of run ${a} went back to attempt ${log}`);
    run.shards.set(b ?? 0, { state: now ?? '', log });
    touched.add(run);
  }

  function takeAttempt({ seq, a, b, was, now, log }: Change): void {
    const key = `${a} ${b}`;
    const newest = newestAttempt.get(key) ?? 0;
    if (was === null) {
      newestAttempt.set(key, log ?? 0);
      if ((log ?? 0) <= newest) wrong.push(`#${seq} I7: attempt ${log} of ${key} is no newer than ${newest}`);
      const run = runOf(a);
      if (run !== undefined && run.state !== 'running')
        wrong.push(`#${seq} run ${a} is ${run.state} and is handed out`);
    } else if (newest > (log ?? 0)) {
      wrong.push(`#${seq} I7: attempt ${log} of ${key} became ${now} after attempt ${newest} was made`);
    }
  }

  function judgeCommit(seq: number): void {
    commits += 1;
    for (const run of touched) {
      const states = [...run.shards.values()].map((shard) => shard.state);
      const allBack = states.length > 0 && states.every((state) => SHARD_ENDED.has(state));
      if (run.state === 'running' && allBack) wrong.push(`#${seq} I21: run ${run.id} runs, its shards have ended`);
      if ((run.state === 'dispatched' || ENDED.has(run.state)) && states.length > 0 && !allBack) {
        wrong.push(`#${seq} I21: run ${run.id} is ${run.state}, a shard has not ended`);
      }
      if (ENDED.has(run.state)) judgeFold(run, states, seq);
    }
    for (const { run } of covering) if (run.state === 'running') judgeBlock(run, seq);
    const running = [...openByJob.values()]
      .flatMap((open) => [...open])
      .filter((run) => run.state === 'running').length;
    if (limit > 0 && covering.length > 0 && running > limit) {
      wrong.push(`#${seq} ${running} runs of the group go at once, the limit is ${limit}`);
    }
    touched = new Set();
    covering = [];
  }

  function judgeFold(run: RunSeen, states: readonly string[], seq: number): void {
    // Never begun; what it had taken over from the run before it is not its own.
    if (run.state === 'discarded' && states.every((state) => state !== 'failed')) return;
    const should = states.includes('failed')
      ? ['failed', 'timed_out', 'cancelled']
      : states.includes('cancelled')
        ? ['cancelled', 'timed_out']
        : states.length > 0
          ? ['succeeded', 'cancelled', 'timed_out']
          : ['cancelled'];
    if (!should.includes(run.state)) wrong.push(`#${seq} I21: run ${run.id} is ${run.state}, its shards ${states}`);
  }

  function judgeBlock(run: RunSeen, seq: number): void {
    const { block, parallelMax } = rules.get(runVersions.get(run.id) ?? '') ?? { block: '', parallelMax: 0 };
    const others = [...openOf(run.job)].filter((each) => each !== run);
    const running = others.filter((each) => each.state === 'running').map((each) => each.id);
    if (block === 'PARALLEL') {
      if (parallelMax > 0 && running.length >= parallelMax) {
        wrong.push(`#${seq} I20: run ${run.id} goes beside ${running}, more than ${parallelMax}`);
      }
      return;
    }
    if (running.length > 0) wrong.push(`#${seq} I20: run ${run.id} (${block}) goes beside ${running}`);
    const before = others.filter((each) => each.id < run.id && each.state === 'waiting').map((each) => each.id);
    if (before.length > 0) wrong.push(`#${seq} I20: run ${run.id} (${block}) goes before ${before}, which wait`);
  }

  for (const change of history) {
    const { seq, what, a, was, now } = change;
    if (what === 'commit') judgeCommit(seq);
    if (what === 'limit') limit = a ?? 0;
    if (what === 'job') jobVersions.set(a ?? 0, now ?? '');
    if (what === 'run') takeRun(change);
    if (what === 'shard') takeShard(change);
    if (what === 'attempt') takeAttempt(change);
    if (what === 'run-version') {
      if (was !== null) wrong.push(`#${seq} I17: run ${a} changed its version`);
      else if (jobVersions.get(change.b ?? 0) !== now)
        wrong.push(`#${seq} I17: run ${a} is not of the current version`);
      runVersions.set(a ?? 0, now ?? '');
    }
    if (what === 'fire' && was !== null && was !== 'planned' && was !== 'held') {
      wrong.push(`#${seq} fire ${a} left its verdict ${was} for ${now}`);
    }
  }
  return wrong;
}
