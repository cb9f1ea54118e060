import { expect, test } from 'vitest';
import { runService } from '../../../../deploy/cli/cluster/run-service.ts';
import type { CommandCall } from '../../../../deploy/cli/command-call.ts';
import { COMMANDS } from '../../../../deploy/cli/options/commands.ts';

test('what went wrong first is what a command ends with, whatever fails while it is closed', async () => {
  const warned: string[] = [];
  const terminal = {
    say: () => undefined,
    warn: (line: string) => warned.push(line),
  } as unknown as CommandCall['terminal'];
  const command = COMMANDS.find(({ name }) => name === 'executor') as CommandCall['command'];
  const call = { command, terminal, given: {} as CommandCall['given'], cwd: '/' };
  const ends = runService(call, { waitMs: 0, stopping: 'it ends' }, async () => {
    await using closing = new AsyncDisposableStack();
    closing.defer(() => Promise.reject(new Error('the second to close')));
    closing.defer(() => Promise.reject(new Error('the first to close')));
    throw new Error('the port is taken');
  });
  await expect(ends).rejects.toThrow(/^the port is taken$/);
  expect(warned).toEqual([
    'daybreak: while closing: the first to close',
    'daybreak: while closing: the second to close',
  ]);
});
