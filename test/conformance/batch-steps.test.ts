import { afterEach, beforeEach, expect, test } from 'vitest';
import { chunkStep, defineBatchJob, runBatchJob } from '../../executor/batch/batch-job.ts';
import { batchInspections } from '../../executor/inspect/inspect-batch.ts';
import { silentLogger } from '../../shared/logger.ts';
import { type BatchBench, createBatchBench } from '../support/batch-bench.ts';
import { describeOnEachStore } from '../support/each-store.ts';

interface Line {
  readonly instanceId: number;
  readonly step: string | null;
  readonly shardIndex: number;
  readonly [key: string]: unknown;
}
interface Page {
  readonly items: Line[];
  readonly next: string | null;
}

describeOnEachStore('the steps of batch jobs, as people ask for them', (newPlace) => {
  let bench: BatchBench;
  beforeEach(async () => {
    bench = await createBatchBench(newPlace);
  });
  afterEach(() => bench.close());
  const ask = (params: object) =>
    batchInspections(bench.store)['run.steps']?.({ sinceMs: 0, ...params }) as Promise<Page>;

  test('a line per shard and step with start, end and counts, of this run alone, a page at a time', async () => {
    await bench.source(1, 2, 13, 4);
    const signal = new AbortController().signal;
    const begun = Date.now();
    const work = (runId: number, shardIndex: number, resumesRunId: number | null = null) => {
      // A second step that fails in its first execution: its instance is done in the second.
      const fails = shardIndex === 1 && resumesRunId === null;
      const process = (): null => {
        if (fails) throw new Error('the disk is full');
        return null;
      };
      const copy = chunkStep(
        bench.step({ skip: { limit: 5 }, process: (row) => ({ ...row, id: runId * 100 + shardIndex * 10 + row.id }) }),
      );
      const look = chunkStep(bench.step({ name: 'look', process }));
      const job = defineBatchJob('copy-job', { steps: () => [copy, look] });
      const run = { runId, resumesRunId, shardIndex, shardTotal: 2 };
      return runBatchJob(job, {
        store: bench.store,
        params: { batchNo: '"$run":7,' },
        run,
        signal,
        logger: silentLogger,
      });
    };
    await work(6, 0);
    await work(7, 0);
    expect(await work(7, 1)).toMatchObject({ status: 'FAILED' });
    const pages: Line[][] = [];
    for (let after: string | undefined = undefined, more = true; more; ) {
      const page: Page = await ask({ runId: 7, limit: 1, ...(after === undefined ? {} : { after }) });
      pages.push(page.items);
      [after, more] = [page.next ?? undefined, page.next !== null];
    }
    expect(pages.map((page) => page.map(({ shardIndex, step }) => `${shardIndex} ${step}`))).toEqual([
      ['0 copy'],
      ['0 look'],
      ['1 copy'],
      ['1 look'],
    ]);
    expect(pages[0]?.[0]).toMatchObject({
      batchJob: 'copy-job',
      shardTotal: 2,
      status: 'COMPLETED',
      stepState: 'COMPLETED',
      executions: 1,
      ...{ read: 4, written: 3, filtered: 0, skipped: 1 },
    });
    expect(pages[1]?.[0]).toMatchObject({ read: 4, written: 0, filtered: 4 });
    const failed = pages[3]?.[0];
    expect(failed).toMatchObject({
      status: 'FAILED',
      stepState: 'OPEN',
      message: expect.stringContaining('disk is full'),
    });
    expect(Number(failed?.startedAtMs)).toBeGreaterThan(begun - 60_000);
    expect(Number(failed?.endedAtMs)).toBeGreaterThanOrEqual(Number(failed?.startedAtMs));

    // A run that resumes goes on with the same instance: one line, two executions.
    await work(8, 1, 7);
    const all = (await ask({ runId: 7 })).items;
    expect(all.map(({ shardIndex, step, executions }) => `${shardIndex} ${step} ${executions}`)).toEqual([
      '0 copy 1',
      '0 look 1',
      '1 copy 2',
      '1 look 2',
    ]);
    expect(await ask({ runId: 8 })).toEqual({ items: [], next: null });
    expect(await ask({ runId: 7, sinceMs: Date.now() + 3_600_000 })).toEqual({ items: [], next: null });
    expect((await ask({ runId: 6, sinceMs: begun - 3_600_000 })).items).toHaveLength(2);
  });
});
