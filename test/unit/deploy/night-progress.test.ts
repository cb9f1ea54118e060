import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { showNightProgress } from '../../../deploy/cli/night-progress.ts';
import { processTerminal } from '../../../deploy/cli/screen/terminal.ts';
import { createLogger } from '../../../shared/logger.ts';
import { systemRuntime } from '../../../shared/runtime/system-runtime.ts';
import { openSqlStore } from '../../../shared/sql/open-store.ts';

test('a store that cannot be read for a moment costs the picture, not the night', async () => {
  const written: string[] = [];
  const logger = createLogger({ destination: { write: (line) => void written.push(line) } });
  const store = await openSqlStore('sqlite::memory:', { runtime: systemRuntime(), logger });
  await store.close();
  const screen = Object.assign(new PassThrough(), { isTTY: true as const, columns: 80 });
  const terminal = processTerminal({ json: false, stdout: screen, stderr: screen } as never);

  const progress = showNightProgress({ terminal, store, logger, chainRunId: 1, cutOffAtMs: 0 });
  await progress.end();

  expect(screen.read()).toBeNull();
  expect(written.join('')).toContain('the progress could not be read');
});
