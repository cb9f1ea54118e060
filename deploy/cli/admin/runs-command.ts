import type { Query } from '../../../scheduler/api/admin/contract/routes.ts';
import type { RunLine, Shard } from '../../../scheduler/api/admin/contract/run-routes.ts';
import type { CommandCall } from '../command-call.ts';
import { dateOption, integerOption } from '../options/read-values.ts';
import { inert, table } from '../screen/table.ts';
import { duration } from '../screen/words.ts';
import { UsageError } from '../usage-error.ts';
import { type ApiCall, apiCall, onePositional, runIdOf } from './api-call.ts';
import type { ApiClient } from './http-api-client.ts';
import { instant, jobNamed } from './jobs-command.ts';

/** `daybreak runs` and `daybreak runs RUN_ID`. */
export async function runRunsCommand(call: CommandCall): Promise<number> {
  const asked = apiCall(call);
  if (asked === null) return 0;
  if (asked.given.positionals.length > 0) return showRun(asked);
  const { api, terminal, json } = asked;
  const runs = await runsOf(asked, api);
  if (json) {
    terminal.document(JSON.stringify({ runs }));
    return 0;
  }
  const rows = runs.map((run) => [
    String(run.id),
    inert(run.job),
    inert(run.chain ?? '-'),
    run.businessDate,
    run.state,
    instant(run.startedAtMs),
    duration(run.durationMs),
    inert(run.reason ?? ''),
  ]);
  const left = new Set([1, 2, 3, 4, 5, 7]);
  const header = ['run', 'job', 'chain', 'date', 'state', 'started', 'took', 'reason'];
  for (const line of table(header, rows, left)) terminal.say(line);
  return 0;
}

async function runsOf({ given }: ApiCall, api: ApiClient): Promise<RunLine[]> {
  const { job, chain, state, date, limit } = given.values;
  const wanted = integerOption('limit', limit, { min: 1, max: 10_000, default: 20 });
  const jobId = job === undefined ? undefined : (await jobNamed(api, job))?.id;
  if (job !== undefined && jobId === undefined) {
    throw new UsageError(`--job "${inert(job)}": there is no such job, or the key may not see it`);
  }
  const filter: Query<'GET /runs'> = {
    ...(jobId === undefined ? {} : { jobId }),
    ...(chain === undefined ? {} : { chain }),
    ...(state === undefined ? {} : { state: state as 'open' }),
    ...(date === undefined ? {} : { businessDate: dateOption('date', date) }),
  };
  const runs: RunLine[] = [];
  for (let after: string | null = ''; after !== null && runs.length < wanted; ) {
    const page: { items: RunLine[]; next: string | null } = await api.ask('GET /runs', {
      query: { ...filter, limit: Math.min(200, wanted - runs.length), ...(after === '' ? {} : { after }) },
    });
    runs.push(...page.items);
    after = page.next;
  }
  return runs;
}

async function showRun({ given, api, terminal, json }: ApiCall): Promise<number> {
  const runId = runIdOf(onePositional(given, 'RUN_ID', 'daybreak runs 12'));
  const detail = await api.ask('GET /runs/:runId', { params: { runId } });
  const shards = await shardsOf(api, runId);
  if (json) {
    terminal.document(JSON.stringify({ ...detail, shards }));
    return 0;
  }
  const { run } = detail;
  terminal.say(`run ${run.id} of ${inert(run.job)} for ${run.businessDate}: ${run.state}${because(run.reason)}`);
  terminal.say(`started ${instant(run.startedAtMs)}, took ${duration(run.durationMs)}`);
  if (detail.param !== '') terminal.say(`parameter ${inert(detail.param)}`);
  const rows = shards.map((shard) => {
    const last = shard.attempts.at(-1);
    return [
      shard.phase === 'shard' ? String(shard.index) : shard.phase,
      shard.state,
      String(shard.attempts.length),
      inert(last?.address ?? '-'),
      inert(shard.reason ?? ''),
    ];
  });
  const header = ['shard', 'state', 'attempts', 'executor', 'reason'];
  for (const line of table(header, rows, new Set([1, 3, 4]))) terminal.say(line);
  return 0;
}

export async function shardsOf(api: ApiClient, runId: number): Promise<Shard[]> {
  const shards: Shard[] = [];
  for (let after: string | null = ''; after !== null; ) {
    const page: { items: Shard[]; next: string | null } = await api.ask('GET /runs/:runId/shards', {
      params: { runId },
      query: { limit: 200, ...(after === '' ? {} : { after }) },
    });
    shards.push(...page.items);
    after = page.next;
  }
  return shards;
}

const because = (reason: string | null): string => (reason === null || reason === '' ? '' : ` (${inert(reason)})`);
