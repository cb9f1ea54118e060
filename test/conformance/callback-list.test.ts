import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { raiseAlarm } from '../../scheduler/alarm/raise-alarm.ts';
import { acceptCallback } from '../../scheduler/callback/accept-callback.ts';
import { acceptCallbackList } from '../../scheduler/callback/accept-callback-list.ts';
import { newEffects } from '../../scheduler/effects.ts';
import { orderKill } from '../../scheduler/run/cancel-shards.ts';
import { killRun } from '../../scheduler/run/kill-run.ts';
import { silentLogger as logger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { comesThrough } from '../support/comes-through.ts';
import { describeOnEachStore, emptyTables, type StorePlace } from '../support/each-store.ts';
import { type GivenRuns, givenRuns, type Sent } from '../support/given-runs.ts';
import { job } from '../support/given-scheduler.ts';

const one = { route: 'ROUND', block: 'PARALLEL' } as const;
const PLAIN = ['plain', 'plain-too'];
/** One of each kind that asks for more than the end of its run. */
const MORE = ['broadcast', 'hooked', 'parent', 'delay', 'tells'];
const JOBS = [
  job(1, 'plain', one),
  job(2, 'plain-too', one),
  job(3, 'broadcast', { block: 'PARALLEL' }),
  job(4, 'hooked', { ...one, afterRun: 'merge' }),
  job(5, 'parent', one),
  job(6, 'child', { ...one, schedule: { kind: 'parent', jobs: ['parent'], on: 'success' } }),
  job(7, 'delay', { ...one, schedule: { kind: 'fixed_delay', delayMs: 3_600_000 } }),
  job(8, 'tells', { ...one, tellsSettled: true }),
];
const TABLES = [
  's_run',
  's_open_run',
  's_shard',
  's_attempt',
  's_fire',
  's_planned_fire',
  's_kill_order',
  's_alarm',
  's_operator_action',
];
const everybody = async () => true;

describeOnEachStore('results that come in one list', (newPlace) => {
  let place: StorePlace;
  let store: SqlStore;
  let given: GivenRuns;
  let begun: string[];
  beforeAll(async () => {
    place = await newPlace();
    store = await openSqlStore(place.url, { runtime: systemRuntime(), logger });
  });
  beforeEach(async () => {
    given = await givenRuns(JOBS, { store });
    await emptyTables(store, TABLES);
    begun = [];
  });
  afterAll(async () => {
    await store.close();
    await place.drop();
  });

  /** A list as it comes in; which transactions it took is in `begun`. */
  const take = (messages: readonly object[], watched: SqlStore = store) =>
    acceptCallbackList(
      {
        ...given.ctx,
        store: {
          ...watched,
          transaction: (name, body, options) => {
            begun.push(name);
            return watched.transaction(name, body, options);
          },
        },
      },
      messages,
      everybody,
    );
  const sentOf = async (names: readonly string[], requestId: string): Promise<Sent[]> => {
    const runIds = new Set<number>();
    for (const name of names) runIds.add(await given.trigger(name, requestId));
    return (await given.dispatch()).filter(({ runId = 0 }) => runIds.has(runId));
  };
  const success = ({ logId }: Sent, more: object = {}) => ({ logId, handleCode: 200, ...more });
  const states = async (sent: readonly Sent[]): Promise<string[]> =>
    Promise.all(sent.map(async ({ runId = 0 }) => (await given.view(runId)).state));
  /** Everything that results write, without what differs between two runs of the same. */
  const written = (requestId: string) =>
    store.read('look', (db) =>
      db.all(
        `select r.job_id, r.state, r.waits_for, r.reason, r.dispatched_at is null as undispatched,
           r.settled_at is null as unsettled, r.ended_at is null as open, s.shard_index, s.state as shard_state,
           s.avoid_executor_id, s.failures, s.refusals, s.code, s.reason as shard_reason, s.result,
           s.ended_at is null as shard_open, a.state as attempt_state, a.reason as attempt_reason,
           a.ended_at is null as attempt_open, o.run_id is null as closed,
           (select count(*) from s_fire c where c.dedup_key = 'run:' || r.id) as children
           from s_run r join s_fire f on f.id = r.fire_id join s_shard s on s.run_id = r.id
           left join s_attempt a on a.id = s.log_id left join s_open_run o on o.run_id = r.id
          where f.dedup_key = ? order by r.job_id, s.shard_index`,
        [requestId],
      ),
    );

  test('leave the same rows as one by one, and those that end a run alone take one transaction', async () => {
    const words = { handleMsg: 'done', result: '{"n":1}' };
    const oneByOne = await sentOf([...PLAIN, ...MORE], 'one by one');
    for (const sent of oneByOne) await acceptCallback(given.ctx, success(sent, words));
    const wanted = await written('one by one');
    const together = await sentOf([...PLAIN, ...MORE], 'together');
    expect(together).toHaveLength(oneByOne.length);
    expect(await take(together.map((sent) => success(sent, words)))).toMatchObject({ refused: [], failed: [] });
    const rows = await written('together');
    expect(rows).toEqual(wanted);
    expect(rows.length).toBeGreaterThan(PLAIN.length + MORE.length);
    // The two shards of the broadcast are of one run.
    expect(begun).toEqual(['accept-callbacks', ...new Array(MORE.length + 1).fill('accept-callback')]);
    await store.transaction('no fires', (tx) => tx.run('delete from s_planned_fire'));
  });

  test('wait for no run that somebody is just making, who may wait for one of theirs', async () => {
    if (store.dialect === 'sqlite') return;
    // So many that the server would rather walk the small table than look each of them up.
    const sent: Sent[] = [];
    for (const no of [1, 2, 3, 4]) sent.push(...(await sentOf(PLAIN, `beside ${no}`)));
    const [made, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const maker = store.transaction('make', async (tx) => {
      await tx.run('insert into s_open_run (run_id, job_id) values (9000000000, 1)');
      made.resolve();
      await over.promise;
      await tx.run('delete from s_open_run where run_id = 9000000000');
    });
    await made.promise;
    try {
      await comesThrough('taking results', take(sent.map((one) => success(one))));
    } finally {
      over.resolve();
      await maker;
    }
    expect(begun).toEqual(['accept-callbacks']);
    expect(new Set(await states(sent))).toEqual(new Set(['succeeded']));
  });

  test('end alarms as one by one', async () => {
    const sent = await sentOf(PLAIN, 'alarms');
    const [runId] = sent.map((one) => one.runId);
    await store.transaction('raise', async (tx) => {
      const severity = 'warning';
      const message = 'look';
      await raiseAlarm(
        tx,
        { kind: 'RUN_SLOW', subjectKind: 'run', subjectId: runId ?? 0, severity, message },
        newEffects(),
      );
      await raiseAlarm(
        tx,
        { kind: 'RUN_LOST', subjectKind: 'run', subjectId: runId ?? 0, severity, message },
        newEffects(),
      );
      await raiseAlarm(tx, { kind: 'RUN_FAILED', subjectKind: 'job', subjectId: 1, severity, message }, newEffects());
      await raiseAlarm(tx, { kind: 'RUN_FAILED', subjectKind: 'job', subjectId: 3, severity, message }, newEffects());
    });
    await take(sent.map((one) => success(one)));
    const open = await store.read('look', (db) =>
      db.all(`select kind, subject_id as subjectId from s_alarm where closed_at is null`),
    );
    expect(open).toEqual([{ kind: 'RUN_FAILED', subjectId: '3' }]);
  });

  test('that fail, come twice, are unknown or of an older attempt are told apart', async () => {
    const [first, second, failing] = (await sentOf([...PLAIN, 'plain'], 'apart')) as [Sent, Sent, Sent];
    expect(failing).toBeUndefined();
    const third = (await sentOf(['plain'], 'apart too'))[0] as Sent;
    const list = [success(first), success(first), success(second), success({ ...third, logId: 987_654 })];
    expect(await take([...list, { logId: third.logId, handleCode: 500 }])).toMatchObject({ refused: [], failed: [] });
    expect(await states([first, second, third])).toEqual(['succeeded', 'succeeded', 'failed']);
    const before = await written('apart too');
    // What comes again changes nothing, whatever it says now.
    await take([success(third), success(first), success(second)]);
    expect(await written('apart too')).toEqual(before);
  });

  test('of several results of one attempt the first counts, whatever it says', async () => {
    const [first, second, third] = [...(await sentOf(PLAIN, 'several')), ...(await sentOf(['plain-too'], 'more'))] as [
      Sent,
      Sent,
      Sent,
    ];
    const [one, other] = [success(third, { handleMsg: 'one' }), success(third, { handleMsg: 'other' })];
    await take([{ logId: first.logId, handleCode: 500 }, success(first), success(second), one, other]);
    expect(await states([first, second, third])).toEqual(['failed', 'succeeded', 'succeeded']);
    expect(await written('more')).toMatchObject([{ shard_reason: 'one' }]);
  });

  test('end the alarm of a job that has failed and then succeeded', async () => {
    const [before, failing, after] = [
      ...(await sentOf(['plain'], 'before')),
      ...(await sentOf(['plain'], 'failing')),
      ...(await sentOf(['plain'], 'after')),
    ] as [Sent, Sent, Sent];
    const others = await sentOf(['plain-too'], 'of another job');
    const openAlarms = () =>
      store.read('look', (db) => db.all(`select subject_id as job, times from s_alarm where closed_at is null`));
    const failure = { logId: failing.logId, handleCode: 500 };
    await take([success(before), failure, success(after), ...others.map((one) => success(one))]);
    expect(await states([before, failing, after, ...others])).toEqual([
      'succeeded',
      'failed',
      'succeeded',
      'succeeded',
    ]);
    expect(await openAlarms()).toEqual([]);
    expect(begun).toEqual(['accept-callbacks', 'accept-callback', 'accept-callback']);
  });

  test('of an attempt that does not hold its shard any more change nothing', async () => {
    const sent = await sentOf(PLAIN, 'fenced');
    const other = await sentOf(PLAIN, 'not fenced');
    const [fenced] = sent;
    await store.transaction('another attempt', (tx) =>
      tx.run('update s_shard set log_id = log_id + 1000 where run_id = ?', [fenced?.runId ?? 0]),
    );
    await take([...sent, ...other].map((one) => success(one)));
    expect(await states([...sent, ...other])).toEqual(['running', 'succeeded', 'succeeded', 'succeeded']);
    expect(begun).toEqual(['accept-callbacks', 'accept-callback']);
  });

  test('of an attempt that was told to stop end its order', async () => {
    const sent = await sentOf(PLAIN, 'killed');
    await store.transaction('order', async (tx) => {
      for (const { logId, runId = 0, jobId } of sent) await orderKill(tx, { logId, runId, jobId }, newEffects());
    });
    await take(sent.map((one) => success(one)));
    expect(begun.filter((name) => name === 'accept-callback')).toHaveLength(2);
    expect(await states(sent)).toEqual(['succeeded', 'succeeded']);
  });

  test('of runs that were cancelled meanwhile change nothing', async () => {
    const sent = await sentOf(PLAIN, 'cancelled');
    const other = await sentOf(PLAIN, 'not cancelled');
    for (const { runId = 0 } of sent) await killRun(given.ctx, runId, { by: 'ann', reason: 'wrong' });
    await store.transaction('told', (tx) => tx.run('delete from s_kill_order'));
    await take([...sent, ...other].map((one) => success(one)));
    expect(await states([...sent, ...other])).toEqual(['cancelled', 'cancelled', 'succeeded', 'succeeded']);
    expect(begun).toEqual(['accept-callbacks', 'accept-callback', 'accept-callback']);
  });

  test('are taken one by one where the store does not take them together', async () => {
    const sent = await sentOf(PLAIN, 'odd');
    const odd: SqlStore = {
      ...store,
      transaction: (name, body, options) =>
        name === 'accept-callbacks'
          ? Promise.reject(new Error('not these together'))
          : store.transaction(name, body, options),
    };
    expect(
      await take(
        sent.map((one) => success(one)),
        odd,
      ),
    ).toMatchObject({ refused: [], failed: [] });
    expect(await states(sent)).toEqual(['succeeded', 'succeeded']);
  });

  test('of one run from two schedulers at the same moment count once', async () => {
    const sent = await sentOf(PLAIN, 'twice');
    const list = sent.map((one) => success(one));
    await Promise.all([take(list), take(list), ...list.map((message) => acceptCallback(given.ctx, message))]);
    expect(await states(sent)).toEqual(['succeeded', 'succeeded']);
    const ended = await store.read('look', (db) => db.all(`select state, count(*) as n from s_attempt group by state`));
    expect(ended.map(({ state, n }: { state?: string; n?: number }) => [state, Number(n)])).toEqual([['succeeded', 2]]);
  });
});
