import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, test } from 'vitest';
import type { SettlementChoice } from '../../../../deploy/cli/cluster/executor-options.ts';
import { openSettlement, type SettlementNeeds } from '../../../../deploy/cli/cluster/open-settlement.ts';
import type { Service } from '../../../../deploy/cli/cluster/run-service.ts';

test('a folder that reports cannot be put into is said at the start, before anything is opened', async ({ expect }) => {
  const folder = mkdtempSync(join(tmpdir(), 'daybreak-reports-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'file'), '');
  await using closing = new AsyncDisposableStack();
  const opening = openSettlement(
    { host: '127.0.0.1', timeZone: 'UTC' },
    { reportDir: join(folder, 'file', 'reports') } as SettlementChoice,
    {} as SettlementNeeds,
    {} as Service,
    closing,
  );
  await expect(opening).rejects.toThrow(/reports cannot be used \(ENOTDIR.*name another with --report-dir/);
});
