import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLogStream } from '../../../../executor/handler/log-stream.ts';

async function linesOf(chunks: Iterable<Buffer | string>): Promise<string[]> {
  const lines: string[] = [];
  await pipeline(
    Readable.from(chunks),
    createLogStream((line) => void lines.push(line)),
  );
  return lines;
}

test('lines are cut wherever the chunks are cut, and the last one needs no line break', async () => {
  expect(await linesOf([Buffer.from('one\ntw'), 'o\r\n', Buffer.from('\nthree')])).toEqual(['one', 'two', '', 'three']);
});

test('a text that ends with a line break has no line after it', async () => {
  expect(await linesOf(['one\n'])).toEqual(['one']);
});

test('characters of several bytes stay whole over any borders of chunks', async () => {
  const text = '商户 é 😀 ok\nsecond 数';
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 40 }), async (sizes) => {
      const bytes = Buffer.from(text);
      const chunks: Buffer[] = [];
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const size = sizes[i % sizes.length] as number;
        chunks.push(bytes.subarray(at, at + size));
        at += size;
      }
      expect(await linesOf(chunks)).toEqual(text.split('\n'));
    }),
    { numRuns: 50 },
  );
});

test('a source that never breaks its line is cut into pieces, never within a character', async () => {
  const lines = await linesOf([Buffer.from(`x${'😀'.repeat(20_000)}`)]);
  expect(lines.join('')).toBe(`x${'😀'.repeat(20_000)}`);
  expect(lines.length).toBeGreaterThan(2);
  for (const line of lines) expect(line.length <= 16_384 && line.isWellFormed()).toBe(true);
});

test('and they are handed on as they come, so that no memory is needed for the whole of it', () => {
  const lines: string[] = [];
  const stream = createLogStream((line) => void lines.push(line));
  stream.write('x'.repeat(40_000));
  expect(lines.map((line) => line.length)).toEqual([16_384, 16_384]);
});

test('a flood is held back until the log is written', async () => {
  const written = Promise.withResolvers<void>();
  let asked = 0;
  const stream = createLogStream(
    () => undefined,
    () => {
      asked += 1;
      return written.promise;
    },
  );
  const line = Buffer.from(`${'x'.repeat(999)}\n`);
  let pushed = 0;
  while (stream.write(line)) pushed += 1;
  // It has taken 64 KiB and waits; as much again stays in the stream's own buffer, and its source is told to pause.
  expect([asked, pushed < 200]).toEqual([1, true]);
  const drained = new Promise((resolve) => stream.once('drain', resolve));
  written.resolve();
  await drained;
  expect(stream.writableLength).toBe(0);
});

test('a log that cannot take more fails the stream, not the process', async () => {
  const stream = createLogStream(
    () => undefined,
    () => Promise.reject(new Error('the disk is gone')),
  );
  const failed = new Promise<Error>((resolve) => stream.once('error', resolve));
  stream.write('x'.repeat(70_000));
  expect((await failed).message).toBe('the disk is gone');
});
