import { createHash } from 'node:crypto';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PLAN_HEADER } from '../../../../../executor/examples/settlement/plan-line.ts';
import {
  type PlanLine,
  PlanLineReader,
  type PlanPosition,
} from '../../../../../executor/examples/settlement/plan-line-reader.ts';
import { planLine } from '../../../../support/plan-import.ts';

const BLOCK_BYTES = 256 * 1024;
const signal = new AbortController().signal;
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'daybreak-plan-reader-'));
});
afterAll(() => rm(dir, { recursive: true }));

interface Read {
  readonly lines: PlanLine[];
  readonly positions: PlanPosition[];
  readonly sha256: string | null;
}

async function readFrom(content: string | Buffer, from: PlanPosition | null = null, limit = 2): Promise<Read> {
  const path = join(dir, 'plans.csv');
  await writeFile(path, content);
  const file = await open(path, 'r');
  try {
    const reader = new PlanLineReader(file, content.lastIndexOf('TRAILER'));
    const cursor = await reader.open(from, signal);
    const read = { lines: [] as PlanLine[], positions: [] as PlanPosition[] };
    for (let isLast = false; !isLast; ) {
      const page = await cursor.read(limit);
      read.lines.push(...page.items);
      read.positions.push(page.position);
      isLast = page.isLast;
    }
    await cursor.close();
    return { ...read, sha256: reader.sha256 };
  } finally {
    await file.close();
  }
}

const codes = ({ lines }: Read): string[] =>
  lines.map(({ lineNo, verdict }) => `${lineNo} ${verdict.kind === 'data' ? 'accepted' : verdict.code}`);

test('the hash is that of the whole file, from wherever reading began', async () => {
  const content = `${PLAN_HEADER}\n${planLine('A')}\n\n${planLine('B')}\r\n${planLine('C')}\nTRAILER,3\n\n`;
  const sha256 = createHash('sha256').update(content).digest('hex');
  const whole = await readFrom(content);
  expect(whole.sha256).toBe(sha256);
  for (const position of whole.positions) {
    const rest = await readFrom(content, position);
    expect(rest.sha256).toBe(sha256);
    expect(rest.lines).toEqual(whole.lines.filter(({ lineNo }) => lineNo > position.lineNo));
    await expect(readFrom(content.replace('A,1', 'A,2'), position)).rejects.toThrow('has changed');
  }
});

test('a carriage return is dropped before a line feed only, wherever the blocks of a long line end', async () => {
  const before = `${PLAN_HEADER}\n`;
  const [head, tail] = planLine('A', { amount: '@1.00' }).split('@') as [string, string];
  for (let offset = -3; offset <= 1; offset += 1) {
    // The carriage return lies at the border of the seventh block, or near it.
    const zeros = 7 * BLOCK_BYTES + offset - before.length - head.length - tail.length;
    const line = `${head}${'0'.repeat(zeros)}${tail}`;
    expect(codes(await readFrom(`${before}${line}\r\n${planLine('B')}\nTRAILER,2`))).toEqual([
      '2 accepted',
      '3 accepted',
    ]);
    expect(codes(await readFrom(`${before}${line}\r\r\nTRAILER,1`))).toEqual(['2 DATE_INVALID']);
    expect(codes(await readFrom(`${before}${line}\rx\nTRAILER,1`))).toEqual(['2 DATE_INVALID']);
  }
});

test('lines that are short of the limit for long ones are read over many blocks', async () => {
  const lines = ['x'.repeat(1024 * 1024), planLine('A'), 'y'.repeat(700_000), planLine('B')];
  const read = await readFrom(`${PLAN_HEADER}\n${lines.join('\n')}\nTRAILER,4\n`);
  expect(codes(read)).toEqual(['2 FIELD_COUNT', '3 accepted', '4 FIELD_COUNT', '5 accepted']);
  expect(read.lines.map(({ text }) => text)).toEqual(lines);
});

test('a page holds a few megabytes at most, however many lines are asked for', async () => {
  const lines = new Array(12).fill('x'.repeat(900_000));
  const read = await readFrom(`${PLAN_HEADER}\n${lines.join('\n')}\nTRAILER,12\n`, null, 1_000);
  expect(read.positions.length).toBeGreaterThan(2);
  expect(read.lines).toHaveLength(12);
});
