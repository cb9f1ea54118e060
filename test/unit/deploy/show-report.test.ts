import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { processTerminal } from '../../../deploy/cli/screen/terminal.ts';
import { showReport } from '../../../deploy/cli/show-report.ts';
import type { NightReport, Total } from '../../../executor/examples/settlement/report/night-report.ts';

const total = (count: number, amountMinor: bigint): Total => ({ count, amountMinor });
const none = total(0, 0n);

test('a terminal that is wide enough gets a row per leg and currency', () => {
  expect(shown(200)).toContain(
    'PREMIUM  CNY         3  600.00        2  400.00       0  0.00        0  0.00           1  200.00\n',
  );
});

test('a narrow one gets a row for each group that has something', () => {
  const text = shown(60);
  expect(text).toContain('PREMIUM  CNY       due             3  600.00\n');
  expect(text).toContain('                   UNRESOLVED      1  200.00\n');
  expect(text).not.toContain('BLOCKED');
});

test('what is unresolved is counted, with the command by which people settle it', () => {
  expect(shown(200)).toContain('1 unresolved (unresolved.csv)');
  expect(shown(200)).toContain('daybreak resolve REQUEST_NO');
  expect(shown(200, none)).not.toContain('unresolved');
});

function shown(columns: number, unresolved = total(1, 20_000n)): string {
  const screen = Object.assign(new PassThrough(), { isTTY: true as const, columns });
  const terminal = processTerminal({ json: false, stdout: screen, stderr: screen } as never);
  const groups = {
    due: total(3, 60_000n),
    SUCCESS: total(2, 40_000n),
    FAILED: none,
    BLOCKED: none,
    UNRESOLVED: unresolved,
  };
  const report = {
    exitCode: 3,
    startedAt: 0,
    finishedAt: 1,
    file: { dataLines: 3, accepted: 3, rejected: {} },
    legs: { PREMIUM: { CNY: groups }, PRINCIPAL: {} },
    conservation: { holds: true, differences: [], differencesTotal: 0 },
    reconciliation: { matched: 2 },
    carriedOver: { count: 0 },
    throughput: { items: 0, seconds: 0, itemsPerSecond: 0 },
  };
  showReport(terminal, report as unknown as NightReport, '/reports');
  return String(screen.read());
}
