import { expect, test } from 'vitest';
import { DEFAULT_LIMITS, DEFAULT_MISFIRE, type Misfire } from '../../../scheduler/definition/schedule-definition.ts';
import { planSchedule } from '../../../scheduler/firing/plan-schedule.ts';
import { instantsOf } from '../../../scheduler/firing/schedule-instants.ts';
import { readPage, section, tableRows } from './pages.ts';

const at = (time: string) => Date.parse(`2026-11-20T${time}:00Z`);
const time = (ms: number) => new Date(ms).toISOString().slice(11, 16);

test('the worked example of docs/scheduling.md is what the planner says', () => {
  const columns: Partial<Misfire>[] = [
    { policy: 'SKIP' },
    { policy: 'FIRE_ONCE' },
    { policy: 'CATCH_UP', max: 2 },
    { policy: 'FIRE_ONCE', holdAfterMs: 3_600_000 },
  ];
  const instants = instantsOf({
    schedule: { kind: 'cron', dialect: 'quartz', text: '0 0/15 * * * ?', zone: 'UTC' },
    limits: DEFAULT_LIMITS,
    zone: 'UTC',
    calendar: null,
    anchorMs: 0,
  });
  const verdicts = columns.map((more) => {
    const misfire = { ...DEFAULT_MISFIRE, afterMs: 300_000, ...more };
    return planSchedule({ instants, misfire, cursorMs: at('02:15'), undecidedMs: [], nowMs: at('03:20'), aheadMs: 0 })
      .verdicts;
  });
  const rows = tableRows(section(readPage('docs/scheduling.md'), 'Missed instants')).filter(([first]) =>
    /^\d\d:\d\d$/.test(first ?? ''),
  );
  expect(rows).toHaveLength(5);
  for (const [instant = '', , ...cells] of rows) {
    const expected = verdicts.map((column) => {
      const verdict = column.find((each) => each.atMs === at(instant));
      if (verdict?.kind === 'merged') return `merged into ${time(verdict.intoMs)}`;
      return verdict?.kind === 'planned' ? 'fires' : verdict?.kind;
    });
    expect(cells.map((cell) => cell.replace(/, (first|second)$/, ''))).toEqual(expected);
  }
});
