import { expect, test } from 'vitest';
import { ALARM_KINDS } from '../../../scheduler/storage/sql/alarm-queries.ts';
import { bare, readPage, tableRows } from './pages.ts';

test('docs/alarms.md has each kind of alarm with what to do, and no others', () => {
  const rows = tableRows(readPage('docs/alarms.md'));
  expect(rows.map(([kind]) => bare(kind))).toEqual([...ALARM_KINDS]);
  for (const [kind, ...cells] of rows) expect(cells.filter(Boolean), kind).toHaveLength(5);
});
