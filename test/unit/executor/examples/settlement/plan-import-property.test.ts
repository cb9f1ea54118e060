import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PLAN_HEADER } from '../../../../../executor/examples/settlement/plan-line.ts';
import { createImportBench, type ImportBench, SAMPLE } from '../../../../support/plan-import.ts';
import { readPlanFileSlowly } from '../../../../support/plan-reference.ts';

let bench: ImportBench;
beforeAll(async () => {
  bench = await createImportBench();
});
afterAll(() => bench.close());

async function assertSameAsReference(file: Buffer, chunkSize: number): Promise<void> {
  await bench.empty();
  const expected = readPlanFileSlowly(file);
  const outcome = await bench.import(await bench.file(file, 'property.csv'), { chunkSize });
  if (expected.refused !== null) {
    expect(outcome).toMatchObject({ kind: 'refused', reason: expected.refused, dataLines: expected.dataLines });
    expect(await bench.rows('plan')).toBe(0);
    return;
  }
  if (outcome.kind !== 'imported') throw new Error(outcome.sentence);
  const rejected = Object.values(outcome.rejected).reduce((sum, count) => sum + count, 0);
  expect(outcome.accepted + rejected).toBe(outcome.dataLines);
  expect(outcome.dataLines).toBe(expected.dataLines);
  expect(await bench.openPlans()).toEqual(expected.accepted);
  const found = await bench.store.read('rejects', (tx) =>
    tx.arrays('select line_no, code, raw from plan_reject order by line_no'),
  );
  const text = found.map(([no, code, raw]) => `${no},${code},${Buffer.from(raw as Uint8Array).toString('latin1')}`);
  expect(text).toEqual(expected.rejected);
}

const pick = (...values: string[]) => fc.constantFrom(...values);
const mostly = (good: fc.Arbitrary<string>, bad: fc.Arbitrary<string>) =>
  fc.oneof({ weight: 12, arbitrary: good }, { weight: 1, arbitrary: bad });
const dirt = fc.oneof(
  pick('', ' ', '"', '""', '"a', 'a"b', '"a""b"', '"a,b"', '"a"x', '\u0000', '😀', 'é', '-', '1.', '.1', '01', '٣'),
  fc.string({ maxLength: 40 }),
);
const contract = mostly(pick('C1', 'C2', 'C3', '"C1"', 'C-_9'), dirt);
const dataLine = fc
  .tuple(
    contract,
    mostly(pick('1', '2', '600'), fc.oneof(dirt, pick('0', '601', '+1', '007'))),
    mostly(pick('PREMIUM', 'PRINCIPAL'), fc.oneof(dirt, pick('premium'))),
    mostly(pick('U1', '"U1"'), dirt),
    mostly(pick('M1'), dirt),
    mostly(pick('A1', 'A'.repeat(32)), fc.oneof(dirt, pick('A'.repeat(33)))),
    mostly(pick('CNY', 'JPY', 'KWD', 'USD'), fc.oneof(dirt, pick('EUR', 'cny'))),
    mostly(pick('10', '1', '99999999999', '0010'), fc.oneof(dirt, pick('0', '1.5', '1.05', '0.001', '1e3', '-1'))),
    mostly(pick('2026-11-20', '2024-02-29'), fc.oneof(dirt, pick('2026-02-29', '2026-13-01'))),
  )
  .map((fields) => Buffer.from(fields.join(',')));
const anyLine = fc.oneof(
  { weight: 20, arbitrary: dataLine },
  { weight: 1, arbitrary: fc.constant(Buffer.alloc(0)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 1, arbitrary: pick('TRAILER,0', PLAN_HEADER, ',,,,,,,,', '\r', '\u2028').map((text) => Buffer.from(text)) },
);
const ending = pick('\n', '\n', '\r\n').map((text) => Buffer.from(text));

const dirtyFile = fc
  .record({
    bom: pick('', '', '\ufeff'),
    header: fc.oneof({ weight: 30, arbitrary: fc.constant(PLAN_HEADER) }, { weight: 1, arbitrary: fc.string() }),
    lines: fc.array(fc.tuple(anyLine, ending), { maxLength: 25 }),
    trailerOff: fc.oneof({ weight: 20, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(1) }),
    tail: pick('', '\n', '\r\n', '\n\n\r\n', '\n '),
  })
  .map(({ bom, header, lines, trailerOff, tail }) => {
    const body = Buffer.concat(lines.flat());
    // Dirt may hold line ends of its own, so the number of data lines is counted in what came out.
    const { dataLines } = readPlanFileSlowly(Buffer.concat([Buffer.from(`${PLAN_HEADER}\n`), body]));
    const trailer = `TRAILER,${dataLines + trailerOff}`;
    return Buffer.concat([Buffer.from(`${bom}${header}\n`), body, Buffer.from(trailer + tail)]);
  });

test('any file gives what a slow reading of the rules gives, whatever the chunk size', async () => {
  await fc.assert(fc.asyncProperty(dirtyFile, fc.integer({ min: 1, max: 8 }), assertSameAsReference), { numRuns: 300 });
});

test('the sample gives what a slow reading of the rules gives', async () => {
  await assertSameAsReference(await readFile(SAMPLE), 1_000);
});
