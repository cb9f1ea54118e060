import { expect, test } from 'vitest';
import { triggerJob } from '../../../../scheduler/firing/trigger-job.ts';
import { cron, givenFiring, timedJob } from '../../../support/given-firing.ts';

async function given() {
  const firing = await givenFiring('2026-11-20T00:00:00Z');
  const nightly = { name: 'nightly', nodes: ['node'], edges: [], schedule: cron('0/20 * * * * ?') };
  await firing.define([timedJob(1, 'each', { schedule: cron('0/10 * * * * ?') }), timedJob(2, 'node')], [nightly]);
  return firing;
}
const instants = (fires: readonly { readonly plannedAtMs: number }[]) =>
  fires.map(({ plannedAtMs }) => new Date(plannedAtMs).toISOString().slice(17, 19));

test('each fire tells what became of it, and which run it made', async () => {
  const { api, ctx, passUntil } = await given();
  await passUntil('2026-11-20T00:00:21Z');
  await triggerJob(ctx, { job: 'each', businessDate: '2026-11-01', requestId: 'r', by: 'ann' });
  const [byHand, second, first] = await api.fires({ job: 'each', states: ['fired'] });
  expect(byHand).toMatchObject({ origin: 'manual', by: 'ann', businessDate: '2026-11-01', job: 'each', chain: null });
  expect(instants([second, first].flatMap((fire) => fire ?? []))).toEqual(['20', '10']);
  expect(second).toMatchObject({
    origin: 'cron',
    state: 'fired',
    runId: expect.any(Number),
    mergedInto: null,
    range: null,
  });
  const [ofChain] = await api.fires({ chain: 'nightly' });
  expect(ofChain).toMatchObject({ job: null, chain: 'nightly', runId: null, chainRunId: expect.any(Number) });
});

test('they are found by state and by instant, the latest first', async () => {
  const { api, passUntil } = await given();
  await passUntil('2026-11-20T00:00:51Z');
  const at = (second: number) => Date.parse('2026-11-20T00:00:00Z') + second * 1_000;
  const window = { fromMs: at(20), beforeMs: at(50) };
  expect(instants(await api.fires({ job: 'each', ...window }))).toEqual(['40', '30', '20']);
  expect(instants(await api.fires({ job: 'each', ...window, limit: 2 }))).toEqual(['40', '30']);
  expect(await api.fires({ job: 'each', states: ['skipped'] })).toEqual([]);
});

test('those that wait are listed with what they wait for, and can then be decided', async () => {
  const { api, passUntil } = await given();
  await api.hold({ scope: 'job', name: 'each', reason: 'the bank is late', by: 'ann' });
  await passUntil('2026-11-20T00:00:11Z');
  const held = await api.heldFires();
  expect(held).toMatchObject([{ job: 'each', state: 'held', reason: expect.stringContaining('the bank is late') }]);
  await api.decideHeldFire({ fireId: held[0]?.id ?? 0, decision: 'skip', reason: 'not today', by: 'ann' });
  expect(await api.heldFires()).toEqual([]);
});

test('wrong input is refused in words', async () => {
  const { api } = await given();
  await expect(api.fires({ job: 'nobody' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(api.fires({ job: 'each', limit: 1_001 })).rejects.toThrow('ask for 1 to 1000');
  await expect(api.fires({ job: 'each', states: ['late' as 'held'] })).rejects.toThrow('states has "late"');
  await expect(api.fires({ job: 'each', states: [] })).rejects.toMatchObject({ code: 'BAD_INPUT' });
});
