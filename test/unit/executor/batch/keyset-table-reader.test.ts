import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { keysetPageQuery, keysetTableReader } from '../../../../executor/batch/readers/keyset-table-reader.ts';
import { type BatchBench, createBatchBench, type Source } from '../../../support/batch-bench.ts';
import { describeOnEachStore } from '../../../support/each-store.ts';

const signal = new AbortController().signal;

describeOnEachStore('the keyset reader', (newPlace) => {
  let bench: BatchBench;
  beforeAll(async () => {
    bench = await createBatchBench(newPlace);
  });
  beforeEach(() => bench.empty());
  afterAll(() => bench.close());

  const byId = (where?: { text: string; params: readonly number[] }) =>
    keysetTableReader<Source>({
      store: bench.store,
      table: 'source',
      columns: ['value'],
      key: ['id'],
      ...(where && { where }),
    });
  /** Many rows share a value: the id decides among them. */
  const byValue = () =>
    keysetTableReader<Source>({ store: bench.store, table: 'source', columns: [], key: ['value', 'id'] });

  test('reads every row once, in the order of its key, whatever the page size', async () => {
    await bench.source(...Array.from({ length: 20 }, (_, i) => (i * 7) % 3));
    for (const limit of [1, 2, 3, 7, 20, 21]) {
      const ids: number[] = [];
      const cursor = await byValue().open(null, signal);
      for (let isLast = false; !isLast; ) {
        const page = await cursor.read(limit);
        ids.push(...page.items.map(({ id }) => id));
        isLast = page.isLast;
      }
      const expected = Array.from({ length: 20 }, (_, i) => i + 1).sort(
        (a, b) => (((a - 1) * 7) % 3) - (((b - 1) * 7) % 3) || a - b,
      );
      expect(ids).toEqual(expected);
    }
  });

  test('goes on from the position of any page', async () => {
    await bench.source(1, 1, 1, 2, 2, 2, 2);
    const cursor = await byValue().open(null, signal);
    let page = await cursor.read(2);
    while (!page.isLast) {
      const heir = await byValue().open(page.position, signal);
      const [inherited, next] = [await heir.read(2), await cursor.read(2)];
      expect(inherited.items).toEqual(next.items);
      page = next;
    }
    expect(page.position).toEqual([2, 7]);
  });

  test('an empty selection is one empty last page', async () => {
    const page = await (await byId()).open(null, signal).then((cursor) => cursor.read(10));
    expect(page).toMatchObject({ items: [], isLast: true });
  });

  test('loses no row when rows leave the selection behind it', async () => {
    await bench.source(...new Array(10).fill(1));
    const reader = byId({ text: 'value = ?', params: [1] });
    const cursor = await reader.open(null, signal);
    const seen: number[] = [];
    for (let isLast = false; !isLast; ) {
      const page = await cursor.read(3);
      seen.push(...page.items.map(({ id }) => id));
      for (const { id } of page.items) {
        await bench.store.transaction('done', (tx) => tx.run('update source set value = 2 where id = ?', [id]));
      }
      isLast = page.isLast;
    }
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test('names the place of a row by its key', async () => {
    await bench.source(5, 5);
    const page = await (await byValue().open(null, signal)).read(10);
    expect(page.placeOf?.(1)).toBe('value 5, id 2');
  });

  test('a null in the key is an error, not an end', async () => {
    const reader = keysetTableReader({ store: bench.store, table: 'batch_execution', columns: [], key: ['ended_at'] });
    await bench.source(1);
    await bench.store.transaction('running', (tx) =>
      tx.run(`insert into batch_execution (instance_id, epoch, owner, params, status, started_at)
        values (1, 1, 'o', '{}', 'RUNNING', 1)`),
    );
    await expect((await reader.open(null, signal)).read(1)).rejects.toThrow('key column ended_at holds null');
  });
});

test('a page is asked for with the leading range, and never with OFFSET or a row constructor', () => {
  const given = { table: 't', key: ['a', 'b', 'c'], where: { text: 'x = ? or y = ?', params: [8, 9] } };
  expect(keysetPageQuery(given, ['a', 'v'], [1, 2, 3], 500)).toEqual({
    text:
      'select "a", "v" from "t" where (x = ? or y = ?) and "a" >= ? and ' +
      '("a" > ? or ("a" = ? and ("b" > ? or ("b" = ? and "c" > ?)))) order by "a", "b", "c" limit 500',
    params: [8, 9, 1, 1, 1, 2, 2, 3],
  });
  expect(keysetPageQuery({ table: 't', key: ['id'] }, ['id'], null, 2).text).toBe(
    'select "id" from "t" order by "id" limit 2',
  );
});

test('a column list is asked for instead of *', () => {
  const store = {} as BatchBench['store'];
  expect(() => keysetTableReader({ store, table: 't', columns: ['*'], key: ['id'] })).toThrow('instead of *');
  expect(() => keysetTableReader({ store, table: 't', columns: ['a'], key: [] })).toThrow('key names no column');
});
