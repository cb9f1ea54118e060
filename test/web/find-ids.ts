import type { Page } from 'playwright-core';
import { API_PREFIX, type Reply, type RouteName } from '../../scheduler/api/admin/contract/routes.ts';
import { CHAIN } from './fake-night.ts';
import type { Ids } from './places.ts';

/** Asks the scheduler that the page is before, as the person who is logged in, what it has to show. */
export async function findIds(page: Page, requestNo: string): Promise<Ids> {
  const get = async <N extends RouteName & `GET ${string}`>(_route: N, path: string): Promise<Reply<N>> => {
    const answer = await page.request.get(new URL(`${API_PREFIX}${path}`, page.url()).href);
    if (!answer.ok()) throw new Error(`${path} answered ${answer.status()}: ${await answer.text()}`);
    return (await answer.json()) as Reply<N>;
  };
  const first = <T>(rows: readonly T[], what: string): T => {
    const [row] = rows;
    if (row === undefined) throw new Error(`the night has left no ${what}`);
    return row;
  };
  const ofChain = (await get('GET /runs', `/runs?chain=${CHAIN}`)).items;
  const run = first(
    ofChain.filter(({ job }) => job === 'premium-debit'),
    'run of premium-debit',
  );
  const failed = first((await get('GET /runs', '/runs?state=bad&group=front-desk')).items, 'failed run');
  const shards = (await get('GET /runs/:runId/shards', `/runs/${failed.id}/shards?state=failed`)).items;
  const attempt = first(first(shards, 'failed shard').attempts, 'attempt');
  const jobs = (await get('GET /jobs', '/jobs?group=front-desk')).items;
  const executors = (await get('GET /executors', '/executors?group=settlement')).items;
  const nights = (await get('GET /nights', '/nights?group=settlement')).items.map(({ nightId }) => nightId);
  return {
    run: run.id,
    failedRun: failed.id,
    log: attempt.logId,
    job: failed.jobId,
    scriptJob: first(
      jobs.filter(({ runs }) => runs.startsWith('GLUE_')),
      'script job',
    ).id,
    chain: CHAIN,
    requestNo,
    executor: first(executors, 'executor').id,
    nights: [first(nights, 'night'), first(nights.slice(1), 'second night')],
  };
}
