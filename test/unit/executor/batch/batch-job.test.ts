import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { chunkStep, defineBatchJob, runBatchJob } from '../../../../executor/batch/batch-job.ts';
import { beginExecution, instanceKeyOf } from '../../../../executor/batch/job-instance.ts';
import { silentLogger } from '../../../../shared/logger.ts';
import { systemRuntime } from '../../../../shared/runtime/system-runtime.ts';
import { type BatchBench, createBatchBench, type Source } from '../../../support/batch-bench.ts';
import { describeOnEachStore } from '../../../support/each-store.ts';

describeOnEachStore('a batch job', (newPlace) => {
  let bench: BatchBench;
  beforeAll(async () => {
    bench = await createBatchBench(newPlace);
  });
  beforeEach(async () => {
    await bench.empty();
    await bench.source(1, 2, 3, 4);
  });
  afterAll(() => bench.close());

  const runtime = systemRuntime();
  const options = () => ({ store: bench.store, signal: new AbortController().signal, runtime, logger: silentLogger });

  test('that is complete is refused, and runs again under another identifying parameter', async () => {
    await bench.run(bench.step());
    await expect(bench.run(bench.step())).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('complete already'),
    });
    const other = bench.step({ writer: { write: async () => undefined } });
    expect(await bench.run(other, { params: { batchNo: 'b' } })).toMatchObject({ status: 'COMPLETED', execution: 1 });
  });

  test('is the same instance whatever the other parameters are', async () => {
    const fail = { process: (): Source => Promise.reject(new Error('no')) as never };
    const job = (step: ReturnType<BatchBench['step']>) =>
      defineBatchJob('copy-job', {
        identifying: ['batchNo'],
        steps: (_: { batchNo: string; note: string }) => [chunkStep(step)],
      });
    const first = await runBatchJob(job(bench.step(fail)), { ...options(), params: { batchNo: 'a', note: 'x' } });
    const second = await runBatchJob(job(bench.step()), { ...options(), params: { note: 'y', batchNo: 'a' } });
    expect(first).toMatchObject({ status: 'FAILED', execution: 1 });
    expect(second).toMatchObject({ status: 'COMPLETED', execution: 2, instanceId: first.instanceId });
    const executions = await bench.store.read('executions', (tx) =>
      tx.arrays('select epoch, status, message from batch_execution order by epoch'),
    );
    expect(executions).toEqual([
      [1, 'FAILED', 'no'],
      [2, 'COMPLETED', null],
    ]);
  });

  test('with a run goes on at the checkpoint of its shard in an attempt and in a run that resumes it, and anew in others', async () => {
    const shard = { runId: 7, resumesRunId: null, shardIndex: 0, shardTotal: 2 };
    const writer = { write: async () => undefined };
    const read: number[] = [];
    const failAt = (bad: number) => ({
      chunkSize: 1,
      writer,
      process: async (item: Source): Promise<Source> => {
        if (item.value === bad) throw new Error('no');
        read.push(item.value);
        return item;
      },
    });
    const first = await bench.run(bench.step(failAt(3)), { run: shard });
    expect([first.status, read.splice(0)]).toEqual(['FAILED', [1, 2]]);
    const retried = await bench.run(bench.step(failAt(4)), { run: shard });
    expect([retried.status, retried.execution, read.splice(0)]).toEqual(['FAILED', 2, [3]]);
    const resumed = await bench.run(bench.step(failAt(0)), { run: { ...shard, runId: 8, resumesRunId: 7 } });
    expect([resumed.status, resumed.instanceId, read.splice(0)]).toEqual(['COMPLETED', first.instanceId, [4]]);
    const again = await bench.run(bench.step(failAt(0)), { run: { ...shard, runId: 9, resumesRunId: 7 } });
    expect(again).toMatchObject({ status: 'COMPLETED', instanceId: first.instanceId, execution: 3 });
    expect(again.steps[0]).toMatchObject({ counts: { written: 4 }, executionCounts: { written: 0 } });
    const otherShard = await bench.run(bench.step(failAt(0)), { run: { ...shard, shardIndex: 1 } });
    const otherRun = await bench.run(bench.step(failAt(0)), { run: { ...shard, runId: 10 } });
    expect([otherShard.status, otherRun.status, read.splice(0)]).toEqual([
      'COMPLETED',
      'COMPLETED',
      [1, 2, 3, 4, 1, 2, 3, 4],
    ]);
  });

  test('that runs is refused, and told as worth trying later', async () => {
    let second: Promise<unknown> | null = null;
    const process = async (item: Source): Promise<Source> => {
      second ??= bench.run(bench.step()).catch((error: unknown) => error);
      await second;
      return item;
    };
    expect(await bench.run(bench.step({ process }))).toMatchObject({ status: 'COMPLETED' });
    expect(await second).toMatchObject({
      code: 'CONFLICT',
      retryable: true,
      message: expect.stringContaining('is running'),
    });
    expect(await bench.target()).toHaveLength(4);
  });

  test('whose process died is taken up when its lease has ended, and the dead one can write nothing more', async () => {
    const begin = (leaseMs: number) =>
      beginExecution(bench.store, {
        job: 'copy-job',
        identifying: { batchNo: 'a' },
        params: {},
        owner: 'dead',
        leaseMs,
      });
    await begin(0);
    let heir: Promise<unknown> | null = null;
    const process = async (item: Source): Promise<Source> => {
      // The lease of this execution is over in the eyes of the store, and another one has begun.
      heir ??= bench.store
        .transaction('expire', (tx) => tx.run('update batch_instance set lease_until = 0'))
        .then(() => bench.run(bench.step()));
      await heir;
      return item;
    };
    await expect(bench.run(bench.step({ process }), { leaseMs: 60_000 })).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(await heir).toMatchObject({ status: 'COMPLETED', execution: 3 });
    expect(await bench.target()).toEqual([1, 2, 3, 4]);
    const statuses = await bench.store.read('statuses', (tx) =>
      tx.arrays('select status from batch_execution order by epoch'),
    );
    expect(statuses.flat()).toEqual(['UNKNOWN', 'UNKNOWN', 'COMPLETED']);
  });

  test('that another execution has begun writes nothing more, although that one has done nothing yet', async () => {
    const process = async (item: Source): Promise<Source> => {
      await bench.store.transaction('expire', (tx) => tx.run('update batch_instance set lease_until = 0'));
      const heir = { job: 'copy-job', identifying: { batchNo: 'a' }, params: {}, owner: 'heir', leaseMs: 60_000 };
      if (item.id === 1) await beginExecution(bench.store, heir);
      return item;
    };
    await expect(bench.run(bench.step({ process }))).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(await bench.target()).toEqual([]);
  });

  test('passes over steps that are complete', async () => {
    let runs = 0;
    const countRuns = (item: Source): Source => {
      runs += 1;
      return item;
    };
    const counting = bench.step({ name: 'first', process: countRuns });
    let fails = true;
    const failing = bench.step({
      name: 'second',
      writer: {
        write: async () => {
          if (fails) throw new Error('later');
        },
      },
    });
    const job = defineBatchJob('two-steps', { steps: () => [chunkStep(counting), chunkStep(failing)] });
    expect(await runBatchJob(job, { ...options(), params: {} })).toMatchObject({
      status: 'FAILED',
      steps: [{ name: 'first' }],
    });
    fails = false;
    const again = await runBatchJob(job, { ...options(), params: {} });
    expect(again).toMatchObject({
      status: 'COMPLETED',
      steps: [
        { name: 'first', counts: { read: 4 }, executionCounts: { read: 0 } },
        { name: 'second', executionCounts: { read: 4 } },
      ],
    });
    expect(runs).toBe(4);
  });

  test('without steps, or with one name twice, is refused', async () => {
    const empty = defineBatchJob('empty', { steps: () => [] });
    await expect(runBatchJob(empty, { ...options(), params: {} })).rejects.toThrow('has no steps');
    const twice = defineBatchJob('twice', { steps: () => [chunkStep(bench.step()), chunkStep(bench.step())] });
    await expect(runBatchJob(twice, { ...options(), params: {} })).rejects.toThrow('two steps named copy');
    expect(() => defineBatchJob('a b', { steps: () => [] })).toThrow('batch job "a b"');
    expect(() => chunkStep(bench.step({ chunkSize: 0 }))).toThrow('chunkSize is 0');
  });
});

test('an instance has one key, whatever the order of its parameters', () => {
  expect(instanceKeyOf({ a: 1, b: 'x' })).toBe(instanceKeyOf({ b: 'x', a: 1 }));
  expect(instanceKeyOf({ a: 1 })).not.toBe(instanceKeyOf({ a: '1' }));
  expect(instanceKeyOf({ a: 1, b: 2 })).toMatch(/^[0-9a-f]{64}$/);
});
