import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fnv1a32, shardOf } from '../../../../executor/handler/owns.ts';

test.each([
  ['', 0x811c9dc5],
  ['a', 0xe40c292c],
  ['foobar', 0xbf9cf968],
])('the hash of "%s" is that of the published FNV-1a', (text, hash) => {
  expect(fnv1a32(text)).toBe(hash);
});

test('a text is hashed as UTF-8, so another language gets the same', () => {
  expect(fnv1a32('é')).toBe(fnv1a32(Buffer.from([0xc3, 0xa9]).toString('utf8')));
  expect(fnv1a32('商户')).toBe(0x810f8f0e);
});

test('every key belongs to exactly one shard', () => {
  const keys = fc.oneof(fc.string(), fc.maxSafeInteger(), fc.bigInt());
  fc.assert(
    fc.property(keys, fc.integer({ min: 1, max: 1_024 }), (key, total) => {
      const shard = shardOf(key, total);
      expect(Number.isInteger(shard) && shard >= 0 && shard < total).toBe(true);
    }),
  );
});

test('an integer goes by modulo, alike as number and as bigint, and a negative one has an owner', () => {
  expect([shardOf(10, 3), shardOf(10n, 3), shardOf(-1, 3), shardOf(-1n, 3)]).toEqual([1, 1, 2, 2]);
});

test('a number that may have been rounded is refused', () => {
  expect(() => shardOf(2 ** 53, 3)).toThrow(/give it as text or bigint/);
  expect(() => shardOf(1.5, 3)).toThrow(/whole number/);
});
