import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { InputFiles } from '../../scheduler/arrival/input-files.ts';
import { systemInputFiles } from '../../scheduler/arrival/system-input-files.ts';
import { watchInputs } from '../../scheduler/arrival/watch-inputs.ts';
import { createScheduler } from '../../scheduler/create-scheduler.ts';
import { newEffects } from '../../scheduler/effects.ts';
import { makeRun } from '../../scheduler/run/make-run.ts';
import { listAlarms } from '../../scheduler/storage/sql/alarm-queries.ts';
import { currentJob } from '../../scheduler/storage/sql/definition-queries.ts';
import { createFakeRuntime, type FakeRuntime } from '../support/fake-runtime.ts';
import { TEST_TOKEN } from '../support/given-executor.ts';
import { type GivenRouting, givenRouting } from '../support/given-routing.ts';

describe('a job that waits for a file', () => {
  let runtime: FakeRuntime;
  let folder: string;
  let given: GivenRouting;
  let files: InputFiles;
  const path = () => join(folder, 'plans-2026-11-20.csv');
  const look = () => watchInputs(given.ctx, { files, roots: [folder] });
  /** Looks once a second, as the body would, for so many seconds. */
  const wait = async (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      await runtime.advance(1_000);
      await look();
    }
  };

  beforeEach(async () => {
    runtime = createFakeRuntime();
    folder = await mkdtemp(join(tmpdir(), 'arrival-'));
    files = systemInputFiles();
    const arrival = { path: join(folder, 'plans-{businessDate}.csv'), lateAfterMs: 60_000 };
    given = await givenRouting({
      runtime,
      jobs: [
        { id: 1, name: 'import', param: '{"file":"{input}"}', block: 'PARALLEL', arrival },
        { id: 2, name: 'marked', arrival: { ...arrival, doneMarker: join(folder, 'plans-{businessDate}.done') } },
      ],
    });
    await given.executor(9001);
  });
  afterEach(async () => {
    await given.store.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('goes when the file has stood still, and its executors are told the path, the size and the hash', async () => {
    const runId = await given.fire('import');
    await look();
    expect(await given.run(runId)).toMatchObject({ state: 'waiting', reason: `waits for ${path()}` });
    await writeFile(path(), 'half');
    await wait(3);
    // It grows: the wait begins anew.
    await writeFile(path(), 'half and half');
    await wait(5);
    expect(await given.waits(runId)).toBe('waiting for input');
    expect(await given.dispatch()).toEqual([]);
    await wait(2);
    const [sent] = await given.dispatch();
    expect(sent?.request).toMatchObject({
      runId,
      executorParams: JSON.stringify({ file: path() }),
      input: { path: path(), bytes: 13, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
  });

  test('with a marker it goes as soon as that is there', async () => {
    const runId = await given.fire('marked');
    await writeFile(path(), 'plans');
    await wait(30);
    expect(await given.waits(runId)).toBe('waiting for input');
    await writeFile(join(folder, 'plans-2026-11-20.done'), '');
    await wait(1);
    expect((await given.dispatch()).map((one) => one.request.runId)).toEqual([runId]);
  });

  test('the same content never runs twice, under whatever name and however late; a rerun may take it again', async () => {
    await writeFile(path(), 'plans');
    const first = await given.fire('import');
    await wait(7);
    const second = await given.fire('import');
    await utimes(path(), new Date(0), new Date(0));
    await wait(7);
    expect(await given.run(second)).toMatchObject({
      state: 'discarded',
      reason: expect.stringContaining(`run ${first} of the job has taken the same content`),
    });
    const rerun = await given.store.transaction('rerun', async (tx) => {
      const job = await currentJob(tx, { name: 'import' });
      if (job === null) throw new Error('no job');
      const order = { job, chainRunId: null, param: job.param, plannedAtMs: tx.nowMs, businessDate: '2026-11-20' };
      const rerunOf = { runId: first, kind: 'all' } as const;
      return makeRun(tx, given.ctx, { ...order, fireId: 4_711, rerunOf }, newEffects());
    });
    await wait(7);
    expect((await given.dispatch()).map((one) => one.request.runId)).toEqual([first, rerun]);
  });

  test('other content of the same name runs', async () => {
    await writeFile(path(), 'plans');
    const first = await given.fire('import');
    await wait(7);
    await writeFile(path(), 'more plans');
    const second = await given.fire('import');
    await wait(7);
    expect((await given.dispatch()).map((one) => one.request.runId)).toEqual([first, second]);
  });

  test('two schedulers that find two runs with one content at once let one of them go', async () => {
    await writeFile(path(), 'plans');
    const runs = [await given.fire('import'), await given.fire('import')];
    const other = given.beside();
    for (let second = 0; second < 7; second++) {
      await runtime.advance(1_000);
      await Promise.all([look(), watchInputs(other.ctx, { files, roots: [folder] })]);
    }
    const sent = await given.dispatch();
    expect(sent).toHaveLength(1);
    const states = await Promise.all(runs.map(async (runId) => (await given.run(runId)).state));
    expect(states.sort()).toEqual(['discarded', 'running']);
  });

  test('one that changes between the last look and the hash is waited for', async () => {
    const runId = await given.fire('import');
    await writeFile(path(), 'plans');
    const real = files;
    let changes = 0;
    files = {
      ...real,
      async hash(...asked) {
        changes += 1;
        if (changes === 1) await writeFile(path(), 'plans that grew');
        return real.hash(...asked);
      },
    };
    await wait(7);
    expect(await given.waits(runId)).toBe('waiting for input');
    await wait(7);
    expect((await given.dispatch())[0]?.request.input?.bytes).toBe(15);
  });

  test('one that is late is told once, and the alarm is closed when it comes', async () => {
    const alarms = () => given.store.read('alarms', (db) => listAlarms(db, { limit: 10 }));
    const runId = await given.fire('import');
    await wait(59);
    expect(await alarms()).toEqual([]);
    await wait(5);
    expect(await alarms()).toMatchObject([
      {
        kind: 'INPUT_LATE',
        subjectId: String(runId),
        times: 1,
        closedAt: null,
        message: expect.stringContaining('is late'),
      },
    ]);
    await writeFile(path(), 'plans');
    await wait(7);
    expect(await alarms()).toMatchObject([{ kind: 'INPUT_LATE', closedAt: expect.any(Number) }]);
    expect(await given.dispatch()).toHaveLength(1);
  });

  test('where no file may be waited for, such a job is refused', () => {
    const options = { store: given.store, accessToken: TEST_TOKEN, runtime };
    const jobs = [
      { id: 1, name: 'import', handler: 'x', group: 'orders', route: 'FIRST' as const, arrival: { path: path() } },
    ];
    expect(() => createScheduler({ ...options, jobs })).toThrow(/job "import": arrival needs the scheduler option/);
    expect(() => createScheduler({ ...options, jobs, arrivalRoots: ['/elsewhere'] })).toThrow(/must lie under/);
  });
});
