import { expect, test } from 'vitest';
import { exitCodeOf } from '../../../deploy/cli/cluster/wait-for-end.ts';

type View = Parameters<typeof exitCodeOf>[0];

const view = (state: string, ...results: unknown[]): View =>
  ({ state, runs: results.map((result) => ({ result })) }) as unknown as View;
const failed = (code: string) => ({ error: { code, message: 'why' } });

test.each([
  ['a success that says nothing', view('succeeded', null, 'text', [1]), 0],
  ['a success with a code of its own', view('succeeded', { exitCode: 0 }, { exitCode: 3 }), 3],
  ['a code that is none', view('succeeded', { exitCode: 4_711 }), 5],
  ['a failure', view('failed', null, failed('HANDLER_FAILED')), 5],
  ['money that does not add up', view('failed', null, failed('CONSERVATION_BROKEN')), 4],
  ['a chain run that was cancelled', view('cancelled', { exitCode: 0 }), 5],
  ['one run that failed by it', { state: 'failed', result: failed('CONSERVATION_BROKEN') } as unknown as View, 4],
])('%s ends the command with its code', (_what, given, code) => {
  expect(exitCodeOf(given)).toBe(code);
});
