import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CsvFile, type CsvPosition, csvFileReader } from '../../../../executor/batch/readers/csv-file-reader.ts';
import { messageOf } from '../../../../shared/errors.ts';

let dir: string;
let path: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'daybreak-csv-'));
  path = join(dir, 'file.csv');
});
afterAll(() => rm(dir, { recursive: true }));

const signal = new AbortController().signal;

interface Read {
  readonly records: string[][];
  readonly bad: string[];
  /** Position after each page, with the number of records before it. */
  readonly positions: { position: CsvPosition; records: number }[];
}

async function readAll(
  content: string | Buffer,
  options: Partial<CsvFile> = {},
  limit = 2,
  from: CsvPosition | null = null,
): Promise<Read> {
  await writeFile(path, content);
  const cursor = await csvFileReader({ path, ...options }).open(from, signal);
  const read: Read = { records: [], bad: [], positions: [] };
  try {
    for (let isLast = false; !isLast; ) {
      const page = await cursor.read(limit);
      read.records.push(...page.items.map(({ fields }) => Object.values(fields)));
      read.bad.push(...(page.bad ?? []).map(({ place, error }) => `${place}: ${messageOf(error).split(': ')[1]}`));
      read.positions.push({ position: page.position, records: read.records.length });
      isLast = page.isLast;
    }
    return read;
  } finally {
    await cursor.close();
  }
}

describe('fields', () => {
  test.each([
    ['plain', 'a,b\n1,2\n', [['1', '2']]],
    [
      'CRLF',
      'a,b\r\n1,2\r\n3,4\r\n',
      [
        ['1', '2'],
        ['3', '4'],
      ],
    ],
    ['no final line end', 'a,b\n1,2', [['1', '2']]],
    ['a byte order mark', '\ufeffa,b\n1,2\n', [['1', '2']]],
    [
      'empty lines',
      'a,b\n\n1,2\n\r\n\n3,4\n\n',
      [
        ['1', '2'],
        ['3', '4'],
      ],
    ],
    [
      'empty fields',
      'a,b\n,\n"",x\n',
      [
        ['', ''],
        ['', 'x'],
      ],
    ],
    ['quotes and commas', 'a,b\n"x,y","say ""hi"""\n', [['x,y', 'say "hi"']]],
    ['a quote in a plain field', 'a,b\nx"y,z"\n', [['x"y', 'z"']]],
    ['characters of many bytes', 'a,b\n早上,😀\n', [['早上', '😀']]],
    ['only a header', 'a,b\n', []],
  ])('%s', async (_what, content, records) => {
    expect(await readAll(content)).toMatchObject({ records, bad: [] });
  });

  test('are named by the header, or by the caller', async () => {
    await writeFile(path, 'a;b\n1;2\n');
    const cursor = await csvFileReader({ path, delimiter: ';' }).open(null, signal);
    expect((await cursor.read(5)).items).toEqual([{ lineNo: 2, fields: { a: '1', b: '2' } }]);
    await cursor.close();
    expect((await readAll('1,2\n3,4\n', { columns: ['x', 'y'] })).records).toEqual([
      ['1', '2'],
      ['3', '4'],
    ]);
  });
});

test('a line end inside quotes belongs to its field, when that is asked for', async () => {
  const content = 'a,b\r\n1,"two\r\nlines\n\n"\r\n"",""\r\n';
  expect((await readAll(content, { quotedNewlines: true })).records).toEqual([
    ['1', 'two\r\nlines\n\n'],
    ['', ''],
  ]);
  expect((await readAll(content)).bad).toEqual(
    ['line 2', 'line 3', 'line 5'].map((line) => expect.stringContaining(line)),
  );
});

test('a record that is none is told with its line and why', async () => {
  const read = await readAll('a,b\n1\n1,2,3\n"x\n"x"y,1\n1,2\n');
  expect(read.records).toEqual([['1', '2']]);
  expect(read.bad).toEqual([
    'line 2: it has 1 fields, not 2',
    'line 3: it has 3 fields, not 2',
    'line 4: its quotes do not close',
    'line 5: its quotes do not close',
  ]);
});

test('a record that is too long is a bad one, and reading goes on after it', async () => {
  const content = `a,b\n${'x'.repeat(700_000)},1\n1,2\n`;
  const read = await readAll(content, { recordBytesMax: 1_000 });
  expect(read).toMatchObject({ records: [['1', '2']], bad: [expect.stringContaining('line 2')] });
  const stray = `a,b\n"${'x\n'.repeat(2_000)}1,2\n`;
  expect((await readAll(stray, { recordBytesMax: 1_000, quotedNewlines: true })).records).toEqual([['1', '2']]);
});

test('reading goes on at the byte where any page ended', async () => {
  const content = Buffer.from('\ufeffa,b\r\n早,1\r\n\r\n"😀\r\n",2\n3,"4"\n\n\n5,6');
  for (const limit of [1, 2, 3]) {
    const whole = await readAll(content, { quotedNewlines: true }, limit);
    expect(whole.records).toHaveLength(4);
    for (const { position, records } of whole.positions) {
      const rest = await readAll(content, { quotedNewlines: true }, limit, position);
      expect(rest.records).toEqual(whole.records.slice(records));
    }
  }
});

test('any records come back as they were written, from any restart', async () => {
  const field = fc.oneof(fc.string(), fc.constantFrom('a"b', '\r\n', ',', '"', '早😀', '\r', '\n"', ''));
  const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(field, field), { maxLength: 12 }),
      fc.integer({ min: 1, max: 4 }),
      fc.constantFrom('\n', '\r\n'),
      async (records, limit, eol) => {
        const content = ['a,b', ...records.map((r) => r.map(quote).join(','))].join(eol);
        const whole = await readAll(content, { quotedNewlines: true }, limit);
        expect(whole).toMatchObject({ records, bad: [] });
        const { position, records: done } = whole.positions[
          Math.floor(whole.positions.length / 2)
        ] as Read['positions'][0];
        expect((await readAll(content, { quotedNewlines: true }, limit, position)).records).toEqual(
          records.slice(done),
        );
      },
    ),
    { numRuns: 60 },
  );
});

test('records are cut right wherever blocks end', async () => {
  for (let pad = 0; pad < 8; pad += 1) {
    const content = `a,b\r\n${'x'.repeat(256 * 1024 - 12 + pad)},"1\r\n2"\r\ny,z\r\n`;
    const { records, bad } = await readAll(content, { quotedNewlines: true });
    expect(bad).toEqual([]);
    expect(records.map((record) => record[1])).toEqual(['1\r\n2', 'z']);
  }
});

test('a file that is missing, headless or shorter than before is a clear error', async () => {
  await expect(csvFileReader({ path: join(dir, 'none.csv') }).open(null, signal)).rejects.toThrow('cannot be opened');
  await expect(readAll('')).rejects.toThrow('no header line');
  await expect(readAll('\na,b\n')).rejects.toThrow('no header line');
  await expect(readAll('a,b\n1,2\n', {}, 2, { byteOffset: 99, lineNo: 9 })).rejects.toThrow('shorter');
});
