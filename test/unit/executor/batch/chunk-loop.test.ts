import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { CommitUnknownError, DaybreakError, LeaseLostError } from '../../../../shared/errors.ts';
import type { SqlStore } from '../../../../shared/sql/sql.ts';
import {
  type BatchBench,
  createBatchBench,
  impatient,
  type Source,
  targetWriter,
} from '../../../support/batch-bench.ts';
import { describeOnEachStore } from '../../../support/each-store.ts';

const BAD = 13;

describeOnEachStore('a chunk step', (newPlace) => {
  let bench: BatchBench;
  beforeAll(async () => {
    bench = await createBatchBench(newPlace);
  });
  beforeEach(() => bench.empty());
  afterAll(() => bench.close());

  test.each([
    [0, 0],
    [1, 1],
    [5, 2],
    [6, 2],
    [7, 3],
  ])('copies %i items with %i commits', async (items, commits) => {
    await bench.source(...new Array(items).fill(1));
    const result = await bench.run(bench.step());
    expect(result).toMatchObject({
      status: 'COMPLETED',
      steps: [{ counts: { read: items, written: items, commits } }],
    });
    expect(await bench.target()).toEqual(Array.from({ length: items }, (_, i) => i + 1));
  });

  test('leaves out exactly the bad row, and keeps what it was', async () => {
    await bench.source(1, 1, BAD, 1, 1);
    const result = await bench.run(bench.step({ chunkSize: 5, skip: { limit: 1 } }));
    expect(result).toMatchObject({
      status: 'COMPLETED',
      steps: [{ counts: { read: 5, written: 4, skippedInWrite: 1, commits: 1 } }],
    });
    expect(await bench.target()).toEqual([1, 2, 4, 5]);
    expect(await bench.skips()).toEqual(['write id 3 SQL_REFUSED']);
    const [payload] = await bench.store.read('payload', (tx) => tx.arrays('select payload from batch_skip'));
    expect(payload).toEqual(['{"id":3,"value":13}']);
  });

  test.each([
    ['two of three', [1, BAD, BAD], [1]],
    ['all', [BAD, BAD, BAD, BAD], []],
    ['the first and the last of a chunk', [BAD, 1, 1, 1, 1, 1, BAD], [2, 3, 4, 5, 6]],
    ['a lone row', [BAD], []],
  ])('stores each good row once when the bad ones are %s', async (_what, values, stored) => {
    await bench.source(...values);
    const bad = values.length - stored.length;
    const result = await bench.run(bench.step({ chunkSize: 10, skip: { limit: 10 } }));
    expect(result).toMatchObject({
      status: 'COMPLETED',
      steps: [{ counts: { read: values.length, written: stored.length, skippedInWrite: bad } }],
    });
    expect(await bench.target()).toEqual(stored);
    expect(await bench.skips()).toHaveLength(bad);
  });

  test('finds one bad row of a thousand with about twenty writes, in one transaction', async () => {
    await bench.source(...Array.from({ length: 1_000 }, (_, i) => (i === 617 ? BAD : 1)));
    let writes = 0;
    let transactions = 0;
    const writer = {
      write: (...given: Parameters<typeof targetWriter.write>) => {
        writes += 1;
        return targetWriter.write(...given);
      },
    };
    const store: SqlStore = {
      ...bench.store,
      transaction: (name, body, how) => {
        if (name.startsWith('batch-chunk')) transactions += 1;
        return bench.store.transaction(name, body, how);
      },
    };
    const result = await bench.run(bench.step({ chunkSize: 1_000, skip: { limit: 1 }, writer }), { store });
    expect(result).toMatchObject({ status: 'COMPLETED', steps: [{ counts: { written: 999 } }] });
    expect(writes).toBeLessThan(24);
    expect(transactions).toBe(2);
  });

  test('ends at one bad item more than the limit, and keeps the chunks before', async () => {
    await bench.source(1, BAD, 1, 1, BAD, 1, 1);
    const result = await bench.run(bench.step({ skip: { limit: 1 } }));
    expect(result).toMatchObject({
      status: 'FAILED',
      error: { message: expect.stringMatching(/more than 1 bad items.*write at id 5/) },
    });
    expect(await bench.target()).toEqual([1, 3]);
    // What the rolled-back chunk skipped is not on record: a restart meets it again.
    expect(await bench.skips()).toEqual(['write id 2 SQL_REFUSED']);
    const again = await bench.run(bench.step({ skip: { limit: 2 } }));
    expect(again).toMatchObject({
      status: 'COMPLETED',
      steps: [{ counts: { read: 7, written: 5, skippedInWrite: 2 }, executionCounts: { read: 4, written: 3 } }],
    });
  });

  test('shares one limit among processing and writing', async () => {
    await bench.source(1, 2, BAD, 4);
    const process = (item: Source): Source => {
      if (item.value === 2) throw new TypeError('two');
      return item;
    };
    const failed = await bench.run(bench.step({ chunkSize: 10, skip: { limit: 1 }, process }));
    expect(failed).toMatchObject({ status: 'FAILED' });
    expect(await bench.skips()).toEqual([]);
    const result = await bench.run(bench.step({ chunkSize: 10, skip: { limit: 2 }, process }));
    expect(result).toMatchObject({
      status: 'COMPLETED',
      steps: [{ counts: { read: 4, written: 2, skippedInProcess: 1, skippedInWrite: 1 } }],
    });
    expect(await bench.skips()).toEqual(['process id 2 TypeError', 'write id 3 SQL_REFUSED']);
  });

  test('without a skip policy the first bad row ends it, with the error that it met', async () => {
    await bench.source(1, 1, 1, BAD);
    const result = await bench.run(bench.step());
    expect(result).toMatchObject({ status: 'FAILED', error: { code: 'SQL_REFUSED' } });
    expect(await bench.target()).toEqual([1, 2, 3]);
    await bench.store.transaction('mend', (tx) => tx.run('update source set value = 1 where id = 4'));
    const again = await bench.run(bench.step());
    expect(again).toMatchObject({
      status: 'COMPLETED',
      execution: 2,
      steps: [{ executionCounts: { read: 1, written: 1 } }],
    });
    expect(await bench.target()).toEqual([1, 2, 3, 4]);
  });

  test('asks the policy which errors may be skipped, but never about the store or the lease', async () => {
    await bench.source(1, BAD);
    const asked: string[] = [];
    const on = (error: unknown, phase: string): boolean => {
      asked.push(`${phase} ${(error as DaybreakError).code}`);
      return false;
    };
    expect(await bench.run(bench.step({ skip: { limit: 5, on } }))).toMatchObject({ status: 'FAILED' });
    expect(asked).toEqual(['write SQL_REFUSED']);
    const process = (): Source => {
      throw new LeaseLostError('gone');
    };
    await expect(bench.run(bench.step({ skip: { limit: 5, on: () => true }, process }))).rejects.toThrow('gone');
  });

  test('filters items without calling them bad', async () => {
    await bench.source(1, 2, 3, 4, 5, 6, 7);
    const process = (item: Source): Source | null => (item.value % 2 === 0 ? null : item);
    const result = await bench.run(bench.step({ process }));
    expect(result).toMatchObject({ status: 'COMPLETED', steps: [{ counts: { read: 7, written: 4, filtered: 3 } }] });
    expect(await bench.target()).toEqual([1, 3, 5, 7]);
  });

  test('a bad row is found although items before it were filtered', async () => {
    await bench.source(2, 4, 1, BAD, 5);
    const process = (item: Source): Source | null => (item.value % 2 === 0 ? null : item);
    await bench.run(bench.step({ chunkSize: 10, process, skip: { limit: 1 } }));
    expect(await bench.skips()).toEqual(['write id 4 SQL_REFUSED']);
  });

  test('processes many at a time, commits in order, and counts exactly', async () => {
    await bench.source(...Array.from({ length: 40 }, (_, i) => i % 10));
    let running = 0;
    let most = 0;
    const process = async (item: Source): Promise<Source | null> => {
      running += 1;
      most = Math.max(most, running);
      // Later items of a chunk end first.
      for (let turn = 0; turn < 10 - item.value; turn += 1) await impatient.yieldTurn();
      running -= 1;
      if (item.value === 7) throw new Error('seven');
      return item.value === 3 ? null : item;
    };
    const written: number[] = [];
    const writer = {
      write: (...[tx, items]: Parameters<typeof targetWriter.write>) => {
        written.push(...items.map(({ id }) => id));
        return targetWriter.write(tx, items);
      },
    };
    const result = await bench.run(bench.step({ chunkSize: 10, concurrency: 4, process, writer, skip: { limit: 4 } }));
    expect(result).toMatchObject({
      steps: [{ counts: { read: 40, written: 32, filtered: 4, skippedInProcess: 4, commits: 4 } }],
    });
    expect(most).toBe(4);
    expect(written).toEqual([...written].sort((a, b) => a - b));
  });

  test('processes nothing twice but the chunk in hand', async () => {
    await bench.source(...new Array(10).fill(1));
    const calls = new Map<number, number>();
    let fail = true;
    const process = (item: Source): Source => {
      calls.set(item.id, (calls.get(item.id) ?? 0) + 1);
      if (item.id === 6 && fail) throw new Error('not yet');
      return item;
    };
    await bench.run(bench.step({ process }));
    fail = false;
    await bench.run(bench.step({ process }));
    expect([...calls.entries()].filter(([, count]) => count > 1)).toEqual([
      [4, 2],
      [5, 2],
      [6, 2],
    ]);
    expect(await bench.target()).toHaveLength(10);
  });

  test('tries a retryable error three times and no more', async () => {
    await bench.source(1);
    let tries = 0;
    const process = (item: Source): Source => {
      tries += 1;
      if (tries < 3) throw new DaybreakError('DOWNSTREAM_UNREACHABLE', 'away');
      return item;
    };
    expect(await bench.run(bench.step({ process }), { runtime: impatient })).toMatchObject({ status: 'COMPLETED' });
    expect(tries).toBe(3);
    tries = -10;
    const other = { runtime: impatient, params: { batchNo: 'b' } };
    expect(await bench.run(bench.step({ process }), other)).toMatchObject({ status: 'FAILED' });
    expect(tries).toBe(-7);
  });

  test('does not retry what is not retryable, and refuses more than three attempts', async () => {
    await bench.source(1);
    let tries = 0;
    const process = (): Source => {
      tries += 1;
      throw new Error('bad');
    };
    expect(await bench.run(bench.step({ process }))).toMatchObject({ status: 'FAILED' });
    expect(tries).toBe(1);
    const result = await bench.run(bench.step({ retry: { attempts: 4 } }));
    expect(result).toMatchObject({
      status: 'FAILED',
      error: { message: expect.stringContaining('retry.attempts is 4') },
    });
  });

  test('a page that fails is an error and not the end of the data', async () => {
    await bench.source(1, 1, 1, 1, 1);
    let broken = true;
    const step = bench.step();
    const reader: typeof step.reader = {
      open: async (from, signal) => {
        const cursor = await step.reader.open(from, signal);
        let pages = 0;
        return {
          read: (limit) => {
            pages += 1;
            if (pages === 2 && broken) throw new Error('the source is away');
            return cursor.read(limit);
          },
          close: () => cursor.close(),
        };
      },
    };
    const result = await bench.run({ ...step, reader });
    expect(result).toMatchObject({ status: 'FAILED', error: { message: 'the source is away' } });
    expect(await bench.target()).toEqual([1, 2, 3]);
    broken = false;
    expect(await bench.run({ ...step, reader })).toMatchObject({
      status: 'COMPLETED',
      steps: [{ counts: { read: 5 } }],
    });
  });

  test('stops between chunks, and goes on where it stopped', async () => {
    await bench.source(...new Array(9).fill(1));
    const controller = new AbortController();
    const writer = {
      write: async (...given: Parameters<typeof targetWriter.write>) => {
        await targetWriter.write(...given);
        controller.abort(new Error('enough'));
      },
    };
    const stopped = await bench.run(bench.step({ writer }), { signal: controller.signal });
    expect(stopped).toMatchObject({ status: 'STOPPED', steps: [{ status: 'STOPPED', counts: { written: 3 } }] });
    const result = await bench.run(bench.step());
    expect(result).toMatchObject({ status: 'COMPLETED', steps: [{ executionCounts: { read: 6 } }] });
    expect(await bench.target()).toHaveLength(9);
  });

  test('a commit that happened although its answer was lost is not written again', async () => {
    await bench.source(...new Array(7).fill(1));
    const store = losingAnswers(bench.store, { committed: true, at: 2 });
    const result = await bench.run(bench.step(), { store, runtime: impatient });
    expect(result).toMatchObject({ status: 'COMPLETED', steps: [{ counts: { read: 7, written: 7, commits: 3 } }] });
    expect(await bench.target()).toHaveLength(7);
  });

  test('a commit that did not happen and whose answer was lost is written once more', async () => {
    await bench.source(...new Array(7).fill(1));
    const store = losingAnswers(bench.store, { committed: false, at: 2 });
    const result = await bench.run(bench.step(), { store, runtime: impatient });
    expect(result).toMatchObject({ status: 'COMPLETED', steps: [{ counts: { read: 7, written: 7, commits: 3 } }] });
    expect(await bench.target()).toHaveLength(7);
  });
});

/** A store that answers the n-th chunk's commit with silence, after committing it or after rolling it back. */
function losingAnswers(store: SqlStore, lost: { committed: boolean; at: number }): SqlStore {
  let chunks = 0;
  return {
    ...store,
    transaction: async (name, body, how) => {
      if (name.startsWith('batch-chunk')) chunks += 1;
      if (!name.startsWith('batch-chunk') || chunks !== lost.at) return store.transaction(name, body, how);
      const silence = new CommitUnknownError('the connection broke while COMMIT was under way');
      await store
        .transaction(
          name,
          async (tx) => {
            const result = await body(tx);
            if (!lost.committed) throw silence;
            return result;
          },
          how,
        )
        .catch((error: unknown) => {
          if (error !== silence) throw error;
        });
      throw silence;
    },
  };
}
