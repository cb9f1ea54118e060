import { expect, test } from 'vitest';
import { createServerWait } from '../../../../deploy/cli/cluster/server-wait.ts';
import { UsageError } from '../../../../deploy/cli/usage-error.ts';
import { DaybreakError, StoreUnreachableError } from '../../../../shared/errors.ts';
import { createFakeRuntime } from '../../../support/fake-runtime.ts';

const SERVER = { name: '--store mysql://db/x', wayOut: 'start the database' };
const refused = () => new StoreUnreachableError('connection refused');

function given(waitMs: number, stop = new AbortController().signal) {
  const runtime = createFakeRuntime();
  const said: string[] = [];
  const wait = createServerWait({ waitMs, runtime, stop, say: (line) => said.push(line) });
  return { runtime, said, wait };
}

test('what is missing is said once, and once more when it is there', async () => {
  const { runtime, said, wait } = given(60_000);
  let tries = 0;
  const found = wait.until(SERVER, async () => {
    if (++tries < 5) throw refused();
    return 'open';
  });
  await runtime.advance(2_000);
  expect(await found).toBe('open');
  expect(said).toEqual([
    'waiting for --store mysql://db/x, up to 1 min: connection refused',
    '--store mysql://db/x is there',
  ]);
});

test('what is there at once is not spoken of', async () => {
  const { said, wait } = given(60_000);
  expect(await wait.until(SERVER, async () => 1)).toBe(1);
  expect(said).toEqual([]);
});

test('when the time is up the server and the way out are named, and all servers share one span of time', async () => {
  const { runtime, wait } = given(1_000);
  let tries = 0;
  const first = wait.until(SERVER, async () => {
    if (++tries < 2) throw refused();
  });
  await runtime.advance(600);
  await first;
  const second = wait.until(SERVER, () => Promise.reject(refused())).catch((error: unknown) => error);
  await runtime.advance(400);
  const error = await second;
  expect(error).toBeInstanceOf(UsageError);
  expect(String(error)).toContain(
    '--store mysql://db/x did not answer within 1 s (connection refused): start the database',
  );
});

test('without a wait it is tried once', async () => {
  const { said, wait } = given(0);
  await expect(wait.until(SERVER, () => Promise.reject(refused()))).rejects.toThrow(
    'did not answer (connection refused)',
  );
  expect(said).toEqual([]);
});

test('what waiting does not heal is thrown at once, and so is the stop', async () => {
  const stop = new AbortController();
  const { runtime, wait } = given(60_000, stop.signal);
  const unfit = new DaybreakError('STORE_UNFIT', 'too old');
  await expect(wait.until(SERVER, () => Promise.reject(unfit))).rejects.toBe(unfit);
  const waiting = wait.until(SERVER, () => Promise.reject(refused())).catch((error: unknown) => error);
  await runtime.advance(100);
  stop.abort(new Error('stopped'));
  expect(await waiting).toBe(stop.signal.reason);
});

test('an attempt that the stop ends is the stop, whatever it says of its server', async () => {
  const stop = new AbortController();
  const { said, wait } = given(0, stop.signal);
  const waiting = wait.until(SERVER, async () => {
    stop.abort(new Error('stopped'));
    throw refused();
  });
  await expect(waiting).rejects.toBe(stop.signal.reason);
  expect(said).toEqual([]);
});
