import { expect, test } from 'vitest';
import { defineHandler } from '../../executor/index.ts';
import { gate, givenExecutor, removeDir } from '../support/given-executor.ts';
import { givenScheduler, job, STEADY_SETTINGS } from '../support/given-scheduler.ts';

const RUNS = 1_000;
const SLOTS = 20;
const QUEUE = 30;
/** What two executors take before anything has ended. */
const ROOM = 2 * (SLOTS + QUEUE);

test('a thousand runs due at one instant at executors that take a hundred: the others wait, say so, and all end', async () => {
  // Whoever counted a full house as a refusal would have given up after two.
  const settings = { ...STEADY_SETTINGS, refusalsMax: 2, retryDelayMs: 100 };
  const given = await givenScheduler({ jobs: [], settings });
  const open = gate();
  const worked = new Map<number, number>();
  const work = defineHandler('work', async ({ runId }) => {
    worked.set(runId, (worked.get(runId) ?? 0) + 1);
    await open.passed;
  });
  const options = { schedulers: [given.scheduler.url], handlers: [work], slots: SLOTS, queueMax: QUEUE };
  const executors = [await givenExecutor(options), await givenExecutor(options)];
  const count = async (where: string) =>
    Number((await given.store.read('count', (db) => db.get<{ n: number }>(`select count(*) as n from ${where}`)))?.n);
  const dueTogether = (atMs: number) =>
    Array.from({ length: RUNS }, (_, at) =>
      job(at + 1, `job-${at + 1}`, { handler: 'work', route: 'ROUND', schedule: { kind: 'one_off', atMs } }),
    );
  try {
    // An instant that is over when it is defined never fires: a machine that is slower gets more time.
    const isDue = async () => (await count('s_schedule where next_at is not null')) + (await count('s_fire')) > 0;
    for (let aheadMs = 2_000; !(await isDue()); aheadMs *= 3) {
      await given.scheduler.define({ jobs: dueTogether(Date.now() + aheadMs) });
    }
    const full = `s_run where state = 'running' and waits_for = 'executors'
      and reason like 'http://127.0.0.1:% has no room: ${QUEUE} attempts are waiting here already%'`;
    // Some are on their way to an executor once more at any moment.
    await expect.poll(() => count(full), { timeout: 60_000 }).toBeGreaterThanOrEqual(RUNS - ROOM - 50);
    expect(await count(`s_shard where state = 'running'`)).toBe(ROOM);
    expect(worked.size).toBeLessThanOrEqual(2 * SLOTS);

    open.open();
    await given.metric('daybreak_scheduler_runs_ended_total{state="succeeded"}', RUNS);
    expect(await count(`s_run where state = 'succeeded' and waits_for is null and reason is null`)).toBe(RUNS);
    expect([worked.size, Math.max(...worked.values())]).toEqual([RUNS, 1]);
    expect(await count('s_shard where refusals > 0')).toBe(0);
    expect(await count(`s_attempt where state = 'refused' and sends = 1`)).toBe(0);
  } finally {
    open.open();
    await Promise.all(executors.map((executor) => executor.stop()));
    await Promise.all(executors.map(({ dataDir }) => removeDir(dataDir)));
  }
});
