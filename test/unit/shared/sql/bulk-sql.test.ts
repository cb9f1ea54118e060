import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cutRows,
  insertListText,
  insertText,
  quoteName,
  updateManyText,
  updateOneText,
} from '../../../../shared/sql/bulk-sql.ts';
import type { SqlValue } from '../../../../shared/sql/sql.ts';

describe('cutRows', () => {
  const value: fc.Arbitrary<SqlValue> = fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.uint8Array());
  const rows = fc.array(fc.array(value, { maxLength: 4 }), { maxLength: 60 });

  test('keeps all rows in their order, within both limits', () => {
    fc.assert(
      fc.property(
        rows,
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 1, max: 400 }),
        (given, rowsMax, bytesMax) => {
          const parts = cutRows(given, { rowsMax, bytesMax });
          expect(parts.flat()).toEqual(given);
          for (const part of parts) {
            expect(part.length).toBeGreaterThan(0);
            expect(part.length).toBeLessThanOrEqual(rowsMax);
            // One row may be over the limit by itself: it cannot be cut.
            const texts = part.flat().filter((one) => typeof one === 'string');
            const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
            expect(part.length === 1 || bytes <= bytesMax).toBe(true);
          }
        },
      ),
    );
  });
});

test('names are quoted, so that no name can end its quotes', () => {
  expect(quoteName('no')).toBe('"no"');
  expect(quoteName('a"b')).toBe('"a""b"');
});

test('one text per shape', () => {
  const insert = { table: 't', columns: ['a', 'b'], onConflict: 'ignore' } as const;
  expect(insertText(insert, 2, 'sqlite')).toBe('insert into "t" ("a", "b") values (?,?),(?,?) on conflict do nothing');
  expect(insertText(insert, 1, 'mysql')).toBe('insert ignore into "t" ("a", "b") values (?,?)');
  expect(insertListText(insert)).toBe('insert ignore into "t" ("a", "b") values ?');
  const update = { table: 't', key: ['k'], set: ['s'], guard: `state = 'x' or 1 = 0` };
  expect(updateOneText(update)).toBe(`update "t" set "s" = ? where "k" = ? and (state = 'x' or 1 = 0)`);
  expect(updateManyText(update, 2, 'union')).toContain(`where (state = 'x' or 1 = 0)`);
  expect(updateManyText(update, 2, 'values')).toContain('values (?,?),(?,?)');
  expect(updateManyText(update, 2, 'rows')).toContain('(values row(?,?),row(?,?)) as given(given_0,given_1) ');
});
