import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BlockStrategy } from '../../scheduler/definition/job-definition.ts';
import type { Dispatch } from '../../scheduler/dispatch/dispatch.ts';
import { setGroupLimit } from '../../scheduler/dispatch/set-group-limit.ts';
import { newEffects } from '../../scheduler/effects.ts';
import { applyRunEvent } from '../../scheduler/run/apply-run-event.ts';
import { coverRun } from '../../scheduler/run/cover-run.ts';
import { rescueLostAttempts } from '../../scheduler/run/rescue-lost-attempts.ts';
import { listAlarms } from '../../scheduler/storage/sql/alarm-queries.ts';
import { lockRun } from '../../scheduler/storage/sql/run-queries.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { type GivenRouting, givenRouting, portOf } from '../support/given-routing.ts';

const job = (id: number, name: string, block: BlockStrategy, parallelMax = 0) => ({
  id,
  name,
  block,
  parallelMax,
  route: 'SHARDING_BROADCAST' as const,
  onNodeLoss: 'reassign' as const,
});
const JOBS = [
  job(1, 'serial', 'SERIAL_EXECUTION'),
  job(2, 'discard', 'DISCARD_LATER'),
  job(3, 'cover', 'COVER_EARLY'),
  job(4, 'parallel', 'PARALLEL', 2),
  { ...job(5, 'money', 'SERIAL_EXECUTION'), tellsSettled: true },
  { ...job(6, 'least', 'PARALLEL'), route: 'LEAST_FREQUENTLY_USED' as const },
];

/** Blocking over the whole group (I20), on every store, with two schedulers on it. */
export function describeBlocking(name: string, open: () => Promise<SqlStore>): void {
  describe(`blocking on ${name}`, () => {
    let given: GivenRouting;
    let other: GivenRouting;
    beforeEach(async () => {
      given = await givenRouting({ jobs: JOBS, store: await open() });
      other = given.beside();
      await given.executor(9001);
      await given.executor(9002);
    });
    afterEach(() => given.store.close());

    const statesOf = (jobName: string) =>
      given.store.read('states', (db) =>
        db.all<{ id: number; state: string }>(
          'select r.id, r.state from s_run r join s_job j on j.id = r.job_id where j.name = ? order by r.id',
          [jobName],
        ),
      );
    /** They dispatch together until so many requests have left: what one has in hand the others leave for the next pass. */
    async function passes(expected: number, schedulers = [given, other]): Promise<Dispatch[]> {
      const sent: Dispatch[] = [];
      while (sent.length < expected) {
        sent.push(...(await Promise.all(schedulers.map((one) => one.dispatch()))).flat());
      }
      return sent;
    }
    const runsOf = (sent: readonly Dispatch[]) => [...new Set(sent.map((one) => one.request.runId))];

    test('SERIAL: fired at once by two schedulers, runs go one after another in the order of their ids', async () => {
      await Promise.all([given, other, given, other, given, other].map((one) => one.fire('serial')));
      const order: (number | undefined)[] = [];
      for (let turn = 0; turn < 6; turn++) {
        const sent = (await Promise.all([given.dispatch(), other.dispatch()])).flat();
        expect(sent).toHaveLength(2);
        expect(runsOf(sent)).toHaveLength(1);
        order.push(...runsOf(sent));
        for (const one of sent) await given.report(one);
      }
      expect(order).toEqual(order.toSorted((a = 0, b = 0) => a - b));
      expect(new Set((await statesOf('serial')).map((run) => run.state))).toEqual(new Set(['succeeded']));
    });

    test('SERIAL: a run whose shards are back, and whose money is still open, does not stand in the way', async () => {
      const [first, second] = [await given.fire('money'), await given.fire('money')];
      for (const one of await given.dispatch()) await given.report(one);
      expect((await given.run(first)).state).toBe('dispatched');
      expect(runsOf(await given.dispatch())).toEqual([second]);
    });

    test('DISCARD_LATER: of many at once one runs, the others are recorded as discarded, and nobody is alarmed', async () => {
      await Promise.all([given, other, given, other, given].map((one) => one.fire('discard')));
      const states = await statesOf('discard');
      expect(states.map((run) => run.state)).toEqual(['running', ...Array(4).fill('discarded')]);
      expect((await given.run(states[1]?.id ?? 0)).reason).toBe(`run ${states[0]?.id} of the job still runs`);
      expect(await given.store.read('alarms', (db) => listAlarms(db, { limit: 5 }))).toEqual([]);
      for (const one of await given.dispatch()) await given.report(one);
      expect(await given.waits(await given.fire('discard'))).toBe('running');
    });

    test('COVER_EARLY: the older one ends first, its attempts are to be stopped, and what they say changes nothing', async () => {
      const older = await given.fire('cover');
      const before = await given.dispatch();
      const newer = await other.fire('cover');
      expect(await given.waits(newer)).toBe('waiting for earlier');
      const after = (await Promise.all([given.dispatch(), other.dispatch()])).flat();
      expect(runsOf(after)).toEqual([newer]);
      expect(await given.run(older)).toMatchObject({
        state: 'cancelled',
        reason: `covered by run ${newer} of the job`,
      });
      const kills = await given.store.read('kills', (db) =>
        db.all<{ logId: number }>('select log_id as logId from s_kill_order order by log_id'),
      );
      expect(kills.map((kill) => kill.logId)).toEqual(before.map((one) => one.request.logId).sort((a, b) => a - b));
      expect(await Promise.all(before.map((one) => given.report(one)))).toEqual(['stale', 'stale']);
      expect((await given.run(older)).state).toBe('cancelled');
      for (const one of after) await given.report(one);
      expect((await given.run(newer)).state).toBe('succeeded');
    });

    test('COVER_EARLY: of several that wait only the newest runs', async () => {
      for (let time = 0; time < 4; time++) await given.fire('cover');
      await Promise.all([given.dispatch(), other.dispatch()]);
      await Promise.all([given.dispatch(), other.dispatch()]);
      expect((await statesOf('cover')).map((run) => run.state)).toEqual([
        'cancelled',
        'cancelled',
        'cancelled',
        'running',
      ]);
    });

    test('COVER_EARLY: a newer run that somebody has cancelled meanwhile covers nothing', async () => {
      const older = await given.fire('cover');
      const newer = await given.fire('cover');
      await given.store.transaction('cancel', async (tx) => {
        const run = await lockRun(tx, newer);
        if (run !== null) await applyRunEvent(tx, run, { kind: 'cancelled' }, 'by hand', newEffects());
      });
      await coverRun(given.ctx, { runId: older, newerRunId: newer });
      expect((await given.run(older)).state).toBe('running');
    });

    test('the limit of a group holds over its jobs and over both schedulers', async () => {
      await setGroupLimit(given.ctx, { group: 'orders', runLimit: 1, by: 'anna' });
      const jobs = ['serial', 'discard', 'cover', 'parallel', 'money'];
      await Promise.all(jobs.map((each) => given.fire(each)));
      for (let turn = 0; turn < jobs.length; turn++) {
        const sent = (await Promise.all([given.dispatch(), other.dispatch(), given.dispatch()])).flat();
        expect(runsOf(sent)).toHaveLength(1);
        for (const one of sent) await given.report(one);
      }
    });

    test('what routes remember is not lost between schedulers that look at waiting runs at once', async () => {
      const setState = (state: string) =>
        given.store.transaction('set-state', (tx) => tx.run('update s_executor set state = ?', [state]));
      await setState('silent');
      for (let time = 0; time < 6; time++) await given.fire('least');
      await setState('alive');
      const sent = await passes(6, [given, other, given.beside()]);
      const ports = Map.groupBy(sent, portOf);
      expect([ports.get(9001)?.length, ports.get(9002)?.length]).toEqual([3, 3]);
    });

    test('PARALLEL: as many as the job says, over both schedulers', async () => {
      await Promise.all([given, other, given, other, given].map((one) => one.fire('parallel')));
      for (const expected of [2, 2, 1]) {
        const sent = await passes(expected * 2);
        expect(runsOf(sent)).toHaveLength(expected);
        for (const one of sent) await given.report(one);
      }
    });

    test('whatever comes, ends and is lost, and whichever scheduler sees it: runs of a SERIAL job never overlap', async () => {
      const step = fc.constantFrom('fire', 'dispatch', 'succeed', 'fail', 'lose', 'rescue');
      const who = fc.constantFrom('one', 'other', 'both');
      await fc.assert(
        fc.asyncProperty(fc.array(fc.tuple(step, who), { minLength: 5, maxLength: 25 }), async (steps) => {
          const out: Dispatch[] = [];
          const running = new Set<number>();
          let lastStarted = 0;
          let incarnation = 0;
          for (const [what, by] of steps) {
            const hands = by === 'one' ? [given] : by === 'other' ? [other] : [given, other];
            if (what === 'fire') await Promise.all(hands.map((hand) => hand.fire('serial')));
            if (what === 'dispatch') out.push(...(await Promise.all(hands.map((hand) => hand.dispatch()))).flat());
            if (what === 'rescue') await Promise.all(hands.map((hand) => rescueLostAttempts(hand.ctx)));
            if (what === 'lose') {
              incarnation += 1;
              await given.executor(9001, { incarnation: `restart ${incarnation}` });
            }
            if (what === 'succeed' || what === 'fail') {
              const one = out.shift();
              const code = what === 'succeed' ? 200 : 500;
              if (one !== undefined) await Promise.all(hands.map((hand) => hand.report(one, code)));
            }
            const open = (await statesOf('serial')).filter((run) => run.state === 'running').map((run) => run.id);
            expect(open.length).toBeLessThanOrEqual(1);
            for (const id of open) {
              if (!running.has(id)) expect(id).toBeGreaterThan(lastStarted);
              running.add(id);
              lastStarted = Math.max(lastStarted, id);
            }
          }
          await given.store.transaction('clear', async (tx) => {
            for (const table of ['s_attempt', 's_shard', 's_open_run', 's_run', 's_alarm'])
              await tx.run(`delete from ${table}`);
          });
        }),
        { numRuns: name === 'SQLite' ? 40 : 8, seed: 20 },
      );
    });
  });
}
