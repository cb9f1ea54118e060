import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inspectPlanFile } from '../../../../../executor/examples/settlement/plan-file.ts';
import { PLAN_HEADER } from '../../../../../executor/examples/settlement/plan-line.ts';
import { planFile, planLine, SAMPLE } from '../../../../support/plan-import.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'daybreak-plan-file-'));
});
afterAll(() => rm(dir, { recursive: true }));

async function inspect(content: string | Buffer) {
  const path = join(dir, 'plans.csv');
  await writeFile(path, content);
  return inspectPlanFile(path);
}

const refusal = async (content: string | Buffer): Promise<string> => {
  const inspection = await inspect(content);
  if (inspection.kind === 'ok') return `ok with ${inspection.dataLines}`;
  expect(inspection.sentence).toContain(join(dir, 'plans.csv'));
  return inspection.reason;
};

test('the sample is a good file', async () => {
  const inspection = await inspectPlanFile(SAMPLE);
  expect(inspection).toMatchObject({ kind: 'ok', dataLines: 18_713, sizeBytes: 1_385_030 });
});

describe('a file that ends as it says is taken', () => {
  const a = planLine('A');
  test.each([
    ['LF', planFile(a), 1],
    ['CRLF', planFile(a).replaceAll('\n', '\r\n'), 1],
    ['no final line end', planFile(a).slice(0, -1), 1],
    ['a byte order mark', `\ufeff${planFile(a)}`, 1],
    ['empty lines between and after', `${PLAN_HEADER}\n\n${a}\r\n\r\n\nTRAILER,1\n\n\r\n\n`, 1],
    ['no data lines', `${PLAN_HEADER}\nTRAILER,0\n`, 0],
    ['a trailer in the middle, which is a data line', planFile(a, 'TRAILER,1'), 2],
    ['two trailers that count the first as data', `${PLAN_HEADER}\nTRAILER,0\nTRAILER,1`, 1],
    ['a data line of one megabyte', planFile('x'.repeat(1_000_000)), 1],
  ])('%s', async (_what, content, dataLines) => expect(await refusal(content)).toBe(`ok with ${dataLines}`));
});

describe('a file that begins otherwise is refused', () => {
  test.each([
    ['empty', ''],
    ['only a byte order mark', '\ufeff'],
    ['two byte order marks', `\ufeff\ufeff${planFile()}`],
    ['an empty first line', `\n${planFile()}`],
    ['a header with a space', planFile().replace('contract_no,', 'contract_no ,')],
    ['a header in capitals', planFile().replace(PLAN_HEADER, PLAN_HEADER.toUpperCase())],
    ['a quoted header', planFile().replace('contract_no', '"contract_no"')],
    ['a header with a field more', planFile().replace('due_date', 'due_date,note')],
    ['data without header', `${planLine('A')}\nTRAILER,1\n`],
    ['a first line of two megabytes', 'x'.repeat(2_000_000)],
  ])('%s', async (_what, content) => expect(await refusal(content)).toBe('HEADER'));
});

describe('a file that is cut or doubled is refused', () => {
  const a = planLine('A');
  test.each([
    ['no trailer', `${PLAN_HEADER}\n${a}\n`, 'TRAILER_MISSING'],
    ['only the header', `${PLAN_HEADER}\n`, 'TRAILER_MISSING'],
    ['only a trailer', 'TRAILER,0\n', 'HEADER'],
    ['data after the trailer', `${planFile(a)}${a}\n`, 'TRAILER_MISSING'],
    ['spaces after the trailer, which are a line', `${planFile(a)}  \n`, 'TRAILER_MISSING'],
    ['the file twice', planFile(a) + planFile(a), 'TRAILER_COUNT'],
    ['a number too small', `${PLAN_HEADER}\n${a}\nTRAILER,0\n`, 'TRAILER_COUNT'],
    ['a number too large', `${PLAN_HEADER}\n${a}\nTRAILER,2\n`, 'TRAILER_COUNT'],
    ['a number beyond 2^53', `${PLAN_HEADER}\nTRAILER,99999999999999999999\n`, 'TRAILER_COUNT'],
    ['a leading zero', `${PLAN_HEADER}\n${a}\nTRAILER,01\n`, 'TRAILER_MISSING'],
    ['a quoted number', `${PLAN_HEADER}\n${a}\nTRAILER,"1"\n`, 'TRAILER_MISSING'],
    ['a space before the number', `${PLAN_HEADER}\n${a}\nTRAILER, 1\n`, 'TRAILER_MISSING'],
    ['a space at the end', `${PLAN_HEADER}\n${a}\nTRAILER,1 \n`, 'TRAILER_MISSING'],
    ['small letters', `${PLAN_HEADER}\n${a}\ntrailer,1\n`, 'TRAILER_MISSING'],
    ['a field more', `${PLAN_HEADER}\n${a}\nTRAILER,1,\n`, 'TRAILER_MISSING'],
    ['two carriage returns', `${PLAN_HEADER}\n${a}\nTRAILER,1\r\r\n`, 'TRAILER_MISSING'],
    ['a carriage return without line feed at the end', `${PLAN_HEADER}\n${a}\nTRAILER,1\r`, 'TRAILER_MISSING'],
    ['no number', `${PLAN_HEADER}\n${a}\nTRAILER,\n`, 'TRAILER_MISSING'],
    ['cut inside the trailer', planFile(...new Array(12).fill(a)).slice(0, -2), 'TRAILER_COUNT'],
  ])('%s', async (_what, content, reason) => expect(await refusal(content)).toBe(reason));
});

test('lines are counted right wherever blocks end', async () => {
  // Line ends, carriage returns and the trailer fall on every side of the 256 KiB blocks.
  for (let pad = 0; pad < 6; pad += 1) {
    const before = `${PLAN_HEADER}\r\n${'x'.repeat(256 * 1024 - PLAN_HEADER.length - 6 + pad)}\r\n`;
    expect(await refusal(`${before}\r\nTRAILER,1\r\n`)).toBe('ok with 1');
  }
});

test('what cannot be read is refused with a sentence that says why', async () => {
  expect(await inspectPlanFile(join(dir, 'nowhere.csv'))).toMatchObject({
    reason: 'NOT_READABLE',
    sentence: expect.stringContaining('does not exist'),
  });
  expect(await inspectPlanFile(dir)).toMatchObject({
    reason: 'NOT_READABLE',
    sentence: expect.stringContaining('is a directory'),
  });
  const pipe = join(dir, 'pipe');
  execFileSync('mkfifo', [pipe]);
  expect(await inspectPlanFile(pipe)).toMatchObject({
    reason: 'NOT_READABLE',
    sentence: expect.stringContaining('is not a regular file'),
  });
});
