import { appendFileSync, closeSync, openSync, truncateSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { exceedsRejectLimit, type ImportProgress } from '../../executor/examples/settlement/import-plans.ts';
import expected from '../support/data/plans-2026-11-20.expected.json' with { type: 'json' };
import { describeOnEachStore } from '../support/each-store.ts';
import { createImportBench, type ImportBench, planFile, planLine, SAMPLE } from '../support/plan-import.ts';

describeOnEachStore('the import', (newPlace) => {
  let bench: ImportBench;
  beforeAll(async () => {
    bench = await createImportBench(await newPlace());
  });
  beforeEach(() => bench.empty());
  afterAll(() => bench.close());

  test('finds in the sample what is in it', async () => {
    const { store, openPlans, import: run } = bench;
    const outcome = await run(SAMPLE, { chunkSize: 1_000, night: night({ maxRejectPercent: 1 }) });
    expect(outcome).toMatchObject({
      kind: 'imported',
      dataLines: expected.dataLines,
      accepted: expected.accepted,
      alreadyStored: 0,
      rejected: expected.rejected,
    });
    const due = await store.read('due', (tx) =>
      tx.arrays(
        `select leg, currency, count(*), cast(sum(amount_minor) as char) from plan where due_date <= ? group by leg, currency`,
        [expected.businessDate],
      ),
    );
    const dueTonight: Record<string, Record<string, object>> = {};
    for (const [leg, currency, count, sum] of due) {
      dueTonight[String(leg)] ??= {};
      Object.assign(dueTonight[String(leg)] as object, {
        [String(currency)]: { count: Number(count), amountMinor: Number(sum) },
      });
    }
    expect(dueTonight).toEqual(expected.dueTonight);
    const [numbers] = await store.read('others', (tx) =>
      tx.arrays(
        `select (select count(*) from plan_open where due_date > ?),
          (select count(*) from plan a join plan b on b.contract_no = a.contract_no and b.period = a.period
           where a.leg = 'PREMIUM' and b.leg = 'PRINCIPAL' and a.due_date <= ? and b.due_date <= ?)`,
        [expected.businessDate, expected.businessDate, expected.businessDate],
      ),
    );
    expect(numbers?.map(Number)).toEqual([expected.notDue, expected.contractsWithBothLegsDue]);
    expect((await openPlans()).length).toBe(expected.accepted);
  });

  test('of the same file again reads no line and says that all is stored', async () => {
    const { file, import: run, rows } = bench;
    const path = await file(planFile(planLine('A'), planLine('A'), planLine('B')));
    const first = await run(path);
    expect(first).toMatchObject({ accepted: 2, alreadyStored: 0, rejected: { DUPLICATE: 1 } });
    expect(await run(path)).toEqual(first);
    const phases: string[] = [];
    const again = await run(path, { night: night({ id: 2 }), onProgress: ({ phase }) => phases.push(phase) });
    expect(again).toEqual({ ...first, alreadyStored: 2 });
    expect(phases).toEqual([]);
    expect(await rows('plan')).toBe(2);
  });

  test('of a second file counts what is stored, and rejects what differs or comes twice', async () => {
    const { file, import: run, openPlans, rejects } = bench;
    await run(await file(planFile(planLine('A'), planLine('B'), planLine('C'), planLine('D'))));
    const second = planFile(
      planLine('A'), //                      2 the same plan
      planLine('A'), //                      3 comes twice
      planLine('B', { amount: '11' }), //    4 another amount
      planLine('B'), //                      5 the same plan after all: the line before took nothing
      planLine('B', { amount: '12' }), //    6 comes twice, whatever it says
      planLine('E'), //                      7 new
      planLine('E', { amount: '11' }), //    8 comes twice
      planLine('C', { due: '2026-11-21' }), // 9 another day
      planLine('D', { leg: 'PRINCIPAL' }), // 10 another key
    );
    const outcome = await run(await file(second));
    expect(outcome).toMatchObject({
      kind: 'imported',
      dataLines: 9,
      accepted: 4,
      alreadyStored: 2,
      rejected: { CONFLICT: 2, DUPLICATE: 3 },
    });
    expect((await openPlans()).map((plan) => plan.split('/')[0])).toEqual(['A', 'B', 'C', 'D', 'D', 'E']);
    const lines = (await rejects(outcome.fileId as number))
      .split('\n')
      .map((line) => line.split(',').slice(0, 2).join(','));
    expect(lines).toEqual(['line,code', '3,DUPLICATE', '4,CONFLICT', '6,DUPLICATE', '8,DUPLICATE', '9,CONFLICT', '']);
  });

  test.each([1, 2, 4, 100])('judges duplicates alike with chunks of %i', async (chunkSize) => {
    const { file, import: run } = bench;
    await run(await file(planFile(planLine('A'))));
    const lines = ['A', 'A', 'B', 'B', 'A', 'C', 'B'].map((contract) => planLine(contract));
    const outcome = await run(await file(planFile(...lines)), { chunkSize });
    expect(outcome).toMatchObject({ accepted: 3, alreadyStored: 1, rejected: { DUPLICATE: 4 } });
  });

  test('stores the premium of a rejected line so that its principal can be held', async () => {
    const { store, file, import: run } = bench;
    const lines = [
      planLine('A', { amount: 'x' }),
      planLine('B', { amount: 'x', leg: 'PRINCIPAL' }),
      planLine('C'),
      planLine('C'),
      planLine('D,'),
    ];
    await run(await file(planFile(...lines)));
    const rows = await store.read('rejects', (tx) =>
      tx.arrays('select line_no, contract_no, period from plan_reject order by line_no'),
    );
    expect(rows).toEqual([
      [2, 'A', 1],
      [3, null, null],
      [5, 'C', 1],
      [6, null, null],
    ]);
  });

  test('keeps the bytes of a rejected line, whatever they are', async () => {
    const { file, import: run, rejects } = bench;
    const dirt = Buffer.from([0xff, 0x00, 0x22, 0x2c, 0xe4, 0xb8, 0x0d, 0x41]);
    const content = planFile('@', 'plain');
    const [before, after] = content.split('@') as [string, string];
    const outcome = await run(await file(Buffer.concat([Buffer.from(before), dirt, Buffer.from(after)])));
    const raw = dirt.toString('latin1').replace('"', '""');
    expect(await rejects(outcome.fileId as number)).toBe(
      `line,code,raw\n2,FIELD_COUNT,"${raw}"\n3,FIELD_COUNT,plain\n`,
    );
  });

  test('debits nothing when too many lines are rejected, and takes the file when more are allowed', async () => {
    const { file, import: run, openPlans, rejects, rows } = bench;
    const path = await file(planFile(planLine('A'), planLine('B'), planLine('C'), 'x'));
    const refused = await run(path, { night: night({ maxRejectPercent: 24.9 }) });
    expect(refused).toMatchObject({ kind: 'refused', reason: 'TOO_MANY_REJECTS', dataLines: 4, accepted: 3 });
    expect(await openPlans()).toEqual([]);
    expect(await rejects(refused.fileId as number)).toBe('line,code,raw\n5,FIELD_COUNT,x\n');
    const allowed = await run(path, { night: night({ id: 2, maxRejectPercent: 25 }) });
    expect(allowed).toMatchObject({ kind: 'imported', accepted: 3, alreadyStored: 0, rejected: { FIELD_COUNT: 1 } });
    expect(await openPlans()).toHaveLength(3);
    expect(await rows('plan')).toBe(3);
  });

  test('refuses an imported file for a night that allows fewer rejects', async () => {
    const { file, import: run } = bench;
    const path = await file(planFile(planLine('A'), 'x'));
    await run(path);
    const outcome = await run(path, { night: night({ id: 2, maxRejectPercent: 1 }) });
    expect(outcome).toMatchObject({ kind: 'refused', reason: 'TOO_MANY_REJECTS' });
  });

  test('leaves nothing of a file that was refused when another one is imported', async () => {
    const { file, import: run, openPlans, rows } = bench;
    await run(await file(planFile(planLine('Z'))));
    await run(await file(planFile(planLine('Z'), planLine('A'), planLine('B'), 'x')), {
      night: night({ maxRejectPercent: 1 }),
    });
    expect(await rows('plan')).toBe(3);
    // The same key with other values: no conflict, because the refused file's plans do not exist.
    const outcome = await run(await file(planFile(planLine('A', { amount: '99' }))));
    expect(outcome).toMatchObject({ kind: 'imported', accepted: 1, rejected: {} });
    expect((await openPlans()).map((plan) => plan.split('/')[7])).toEqual(['9900', '1000']);
    expect([
      await rows('plan'),
      await rows('plan_file'),
      await rows('plan_reject'),
      await rows('plan_sighting'),
    ]).toEqual([2, 2, 0, 0]);
  });

  test('reads a file anew whose rows were half cleared away', async () => {
    const { store, file, import: run, openPlans } = bench;
    const path = await file(planFile(planLine('A'), planLine('B'), 'x', planLine('C')));
    await run(path, { night: night({ maxRejectPercent: 1 }) });
    // Another file comes, and is stopped when the plans of the first are gone and its rejects are not.
    const controller = new AbortController();
    const onProgress = ({ phase }: ImportProgress): void => {
      if (phase === 'clearing') controller.abort(new Error('stop'));
    };
    const other = await file(planFile(planLine('D')));
    const stopped = run(other, { signal: controller.signal, onProgress });
    await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await run(path)).toMatchObject({ kind: 'imported', accepted: 3, rejected: { FIELD_COUNT: 1 } });
    expect(await openPlans()).toHaveLength(3);
    expect(await store.read('files', (tx) => tx.arrays('select state from plan_file'))).toEqual([['active']]);
  });

  test('takes away what a broken-off activation had opened', async () => {
    const { store, file, import: run, openPlans, rows } = bench;
    const path = await file(planFile(planLine('A'), planLine('B', { leg: 'PRINCIPAL' })));
    await run(path);
    // As a crash leaves it after the last range and before the file became active.
    await store.transaction('break-off', (tx) => tx.run(`update plan_file set state = 'staged', activated_at = null`));
    expect(await run(await file(planFile(planLine('C'))))).toMatchObject({ kind: 'imported' });
    expect([(await openPlans()).length, await rows('plan_open'), await rows('plan')]).toEqual([1, 1, 1]);
  });

  test('goes on after a stop, and ends with the same rows', async () => {
    const { file, import: run, openPlans } = bench;
    const lines = Array.from({ length: 40 }, (_, i) => (i % 7 === 0 ? 'dirt' : planLine(`C${i % 30}`)));
    const path = await file(planFile(...lines));
    for (let stops = 0; ; stops += 1) {
      const controller = new AbortController();
      const onProgress = ({ phase, done }: ImportProgress): void => {
        if (phase === 'staging' && done >= 6 + stops * 9) controller.abort(new Error('stop'));
      };
      const signal = controller.signal;
      const outcome = await run(path, { signal, onProgress }).catch((error: { code: string }) => error.code);
      if (outcome !== 'CANCELLED') {
        expect(outcome).toMatchObject({ kind: 'imported', dataLines: 40 });
        expect(stops).toBeGreaterThan(2);
        break;
      }
      expect(await openPlans()).toEqual([]);
    }
    const interrupted = await openPlans();
    await bench.empty();
    expect(await run(path)).toMatchObject({ kind: 'imported' });
    expect(await openPlans()).toEqual(interrupted);
  });

  test.each([
    ['grows', (path: string) => appendFileSync(path, '\n')],
    ['shrinks', (path: string) => truncateSync(path, 800_000)],
    ['is written over', (path: string) => overwrite(path, 1_000_000, 'X')],
  ])('refuses a file that %s while it is read, and stores nothing of it', async (_what, change) => {
    const { file, import: run, openPlans, rows } = bench;
    const path = await file(planFile(...Array.from({ length: 25_000 }, (_, i) => planLine(`C${i}`))));
    // A megabyte is several blocks, and the first chunk is committed before the last of them is read.
    const outcome = await run(path, { chunkSize: 500, onProgress: once(() => change(path)) });
    expect(outcome).toMatchObject({ kind: 'refused', reason: 'CHANGED_WHILE_READ', fileId: null, accepted: 0 });
    expect([await rows('plan_file'), await rows('plan'), await openPlans()]).toEqual([0, 0, []]);
  });

  test('refuses another file than the one the night was begun with', async () => {
    const { file, import: run, rows } = bench;
    const outcome = await run(await file(planFile(planLine('A'))), { expectedSha256: '0'.repeat(64) });
    expect(outcome).toMatchObject({ kind: 'refused', reason: 'CHANGED_WHILE_READ' });
    expect(await rows('plan')).toBe(0);
  });

  test('starts anew when the part that was read before has become another', async () => {
    const { store, file, import: run, openPlans } = bench;
    const path = await file(planFile(...Array.from({ length: 9 }, (_, i) => planLine(`C${i}`))));
    const controller = new AbortController();
    await run(path, { signal: controller.signal, onProgress: () => controller.abort(new Error('stop')) }).catch(
      () => 0,
    );
    // As if the first chunk had come from another text under the same hash.
    await store.transaction('tamper', async (tx) => {
      await tx.run('update plan_file set prefix_crc = prefix_crc + 1');
      await tx.run(`update plan set amount_minor = 666`);
    });
    expect(await run(path)).toMatchObject({ kind: 'imported', accepted: 9 });
    expect((await openPlans()).filter((plan) => plan.includes('/666/'))).toEqual([]);
  });

  test('a file with no data lines is a night with nothing to do', async () => {
    const { file, import: run } = bench;
    const outcome = await run(await file(planFile()), { night: night({ maxRejectPercent: 0 }) });
    expect(outcome).toMatchObject({ kind: 'imported', dataLines: 0, accepted: 0, rejected: {} });
    expect(await run(await file(planFile()))).toEqual(outcome);
  });

  test('a refused file leaves no trace', async () => {
    const { file, dir, import: run, rows } = bench;
    const cut = planFile(planLine('A')).replace('TRAILER,1', 'TRAILER,2');
    expect(await run(await file(cut))).toMatchObject({ kind: 'refused', reason: 'TRAILER_COUNT', fileId: null });
    expect(await run(dir)).toMatchObject({ kind: 'refused', reason: 'NOT_READABLE' });
    expect([await rows('plan_file'), await rows('plan')]).toEqual([0, 0]);
  });

  test('lines of megabytes are judged by the same rules and kept in part', async () => {
    const { store, file, import: run } = bench;
    const zeros = '0'.repeat(2_500_000);
    const path = await file(
      planFile(
        `${planLine('A', { amount: `${zeros}1.00` })}\r`,
        planLine('B'.repeat(2_500_000)),
        `${zeros}\r`,
        planLine('C'),
      ),
    );
    const outcome = await run(path);
    expect(outcome).toMatchObject({ accepted: 2, rejected: { FIELD_TOO_LONG: 1, FIELD_COUNT: 1 } });
    const sizes = await store.read('sizes', (tx) =>
      tx.arrays('select line_no, length(raw) from plan_reject order by line_no'),
    );
    expect(sizes).toEqual([
      [3, 1024 * 1024],
      [4, 1024 * 1024],
    ]);
  });

  test('an import that another one has overtaken writes nothing more', async () => {
    const { store, file, import: run } = bench;
    const path = await file(planFile(...Array.from({ length: 12 }, (_, i) => planLine(`C${i}`))));
    let moved = false;
    const move = async (): Promise<void> => {
      await store.transaction('overtake', (tx) => tx.run('update plan_file set byte_offset = byte_offset + 1'));
    };
    let moving: Promise<void> = Promise.resolve();
    const onProgress = (): void => {
      if (!moved) moving = move();
      moved = true;
    };
    await expect(run(path, { onProgress, chunkSize: 2 })).rejects.toMatchObject({ code: 'LEASE_LOST' });
    await moving;
  });
});

test('the share of rejects is compared exactly', () => {
  const at = (rejected: number, dataLines: number, percent: number): boolean =>
    exceedsRejectLimit({ dataLines, accepted: dataLines - rejected }, percent);
  expect(at(1, 100, 1)).toBe(false);
  expect(at(1, 99, 1)).toBe(true);
  expect(at(0, 0, 0)).toBe(false);
  expect(at(1, 1_000_000, 0)).toBe(true);
  expect(at(29, 10_000, 0.29)).toBe(false);
  expect(at(30, 10_000, 0.29)).toBe(true);
  expect(at(7, 10_000, 0.07)).toBe(false);
  expect(at(100, 100, 100)).toBe(false);
});

test('a bad option is named', async () => {
  const bench = await createImportBench();
  try {
    const path = await bench.file(await readFile(SAMPLE));
    for (const maxRejectPercent of [-1, 101, Number.NaN]) {
      await expect(bench.import(path, { night: night({ maxRejectPercent }) })).rejects.toThrow('--max-reject-percent');
    }
    await expect(bench.import(path, { chunkSize: 0 })).rejects.toThrow('--chunk-size');
  } finally {
    await bench.close();
  }
});

function night(changes: { id?: number; maxRejectPercent?: number }) {
  return { id: 1, businessDate: '2026-11-20', maxRejectPercent: 100, ...changes };
}

function overwrite(path: string, offset: number, text: string): void {
  const file = openSync(path, 'r+');
  writeSync(file, text, offset);
  closeSync(file);
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    act();
  };
}
