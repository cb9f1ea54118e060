import { describe, expect, test } from 'vitest';
import { escapeHtml, html, percentText } from '../../../../../../executor/examples/settlement/report/html-text.ts';
import { exitCodeOf, groupOf } from '../../../../../../executor/examples/settlement/report/night-report.ts';
import { shareOut } from '../../../../../../executor/examples/settlement/report/report-charts.ts';
import { csvRecord } from '../../../../../../executor/examples/settlement/report/report-csv.ts';
import { reportJson } from '../../../../../../executor/examples/settlement/report/report-json.ts';
import { SliceProgress } from '../../../../../../executor/examples/settlement/report/report-progress.ts';
import { unionMs } from '../../../../../../executor/examples/settlement/report/report-work.ts';

describe('the exit code', () => {
  const well = { badInput: false, conservationHolds: true, unresolved: 0 };
  test.each([
    ['0 when all is decided and conservation holds', well, 0],
    ['3 when something is unresolved', { ...well, unresolved: 1 }, 3],
    ['4 when conservation does not hold', { ...well, conservationHolds: false }, 4],
    ['4 before 3', { ...well, conservationHolds: false, unresolved: 1 }, 4],
    ['2 before 4 and 3', { badInput: true, conservationHolds: false, unresolved: 1 }, 2],
  ] as const)('is %s', (_title, night, code) => {
    expect(exitCodeOf(night)).toBe(code);
  });
});

test.each(['PENDING', 'PROCESSING', 'RETRY_WAIT', 'MANUAL'])('%s is reported as UNRESOLVED', (state) => {
  expect(groupOf(state)).toBe('UNRESOLVED');
});

describe('the JSON of a report', () => {
  test('writes amounts beyond 2^53 with all their digits', () => {
    expect(reportJson({ amountMinor: 9_007_199_254_740_993n, count: 2 })).toBe(
      '{"amountMinor":9007199254740993,"count":2}',
    );
  });
  test('is the JSON that JSON.parse reads, on one line or indented', () => {
    const value = { a: [1, { b: 'x"\n' }], c: {}, d: [], e: null, f: undefined };
    expect(JSON.parse(reportJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    expect(reportJson(value)).not.toContain('\n');
    expect(reportJson(value, { indent: 2 })).toBe(JSON.stringify(value, null, 2));
  });
});

describe('a CSV record', () => {
  test('quotes what would break it, and nothing else', () => {
    expect(csvRecord(['plain', 'a,b', 'say "no"', 'two\nlines', null, 12, undefined])).toBe(
      'plain,"a,b","say ""no""","two\nlines",,12,\n',
    );
  });
});

describe('a text on the page', () => {
  test('is escaped wherever it is put', () => {
    const hostile = `<script>alert('1')</script>&"`;
    expect(html`<td title="${hostile}">${[hostile]}</td>`.text).not.toMatch(/<script|'1'|&"/);
  });
  test('shows control characters and turns of direction as what they are not', () => {
    expect(escapeHtml('a\u0000b\u202Ec\td')).toBe('a\uFFFDb\uFFFDc\td');
  });
});

test('a share that is not whole is never shown as 100 % or 0 %', () => {
  expect([percentText(999_999, 1_000_000), percentText(1, 1_000_000), percentText(3, 3), percentText(0, 3)]).toEqual([
    '99.99 %',
    '0.01 %',
    '100 %',
    '0 %',
  ]);
});

test('a bar shows one item among a million and stays as wide as it is', () => {
  const widths = shareOut([999_998, 1, 0, 1], 1_000);
  expect(widths.reduce((a, b) => a + b)).toBe(1_000);
  expect(widths[1]).toBeGreaterThan(0);
  expect(widths[2]).toBe(0);
});

describe('the history of a slice', () => {
  const chunk = { fromSeq: 1, toSeq: 10 };
  test('begins a chunk: all but those that go on waiting', () => {
    const exceptions = [
      [3, 'PENDING'],
      [4, 'BLOCKED'],
    ] as const;
    const step = { ...chunk, fromState: 'PENDING', toState: 'PROCESSING', exceptions };
    expect(new SliceProgress().follow(step)).toEqual({ begun: 9, final: 1 });
  });
  test('settles a chunk: all that began with it, but what stays unclear', () => {
    const slice = new SliceProgress();
    const aside = [
      [3, 'PENDING'],
      [4, 'BLOCKED'],
    ] as const;
    slice.follow({ ...chunk, fromState: 'PENDING', toState: 'PROCESSING', exceptions: aside });
    const exceptions = [
      [5, 'FAILED'],
      [6, 'PROCESSING'],
    ] as const;
    const settled = slice.follow({ ...chunk, fromState: 'PROCESSING', toState: 'SUCCESS', exceptions });
    expect(settled).toEqual({ begun: 0, final: 7 });
  });
  test('lists single changes', () => {
    const exceptions = [
      [1, 'PROCESSING>SUCCESS'],
      [2, 'PROCESSING>RETRY_WAIT'],
      [3, 'PENDING>PROCESSING'],
      [4, 'PENDING>BLOCKED'],
    ] as const;
    const step = { ...chunk, fromState: 'LISTED', toState: 'LISTED', exceptions };
    expect(new SliceProgress().follow(step)).toEqual({ begun: 2, final: 2 });
  });
});

test('time in which two leases overlap counts once, pauses not at all', () => {
  expect(
    unionMs([
      [0, 10],
      [5, 12],
      [6, 7],
      [20, 25],
    ]),
  ).toBe(17);
});
