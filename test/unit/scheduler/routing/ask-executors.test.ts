import { expect, test } from 'vitest';
import { askExecutors } from '../../../../scheduler/routing/ask-executors.ts';
import { createPassiveHealth } from '../../../../scheduler/routing/passive-health.ts';
import { createFakeRuntime } from '../../../support/fake-runtime.ts';
import { silentClient } from '../../../support/given-scheduler-context.ts';

const TIMEOUT_MS = 2_000;
/** Who is not among the living answers no after the timeout, as a dead machine does. */
function clientOf(runtime: ReturnType<typeof createFakeRuntime>, alive: readonly string[]) {
  const asked: string[] = [];
  return {
    asked,
    client: {
      ...silentClient,
      async beat(address: string, timeoutMs: number) {
        asked.push(address);
        if (alive.includes(address)) return true;
        await runtime.sleep(timeoutMs);
        return false;
      },
    },
  };
}
const question = { question: 'beat', jobId: 7, timeoutMs: TIMEOUT_MS } as const;

test('all are asked at once: several dead ones before the first that lives cost one timeout in all', async () => {
  const runtime = createFakeRuntime();
  const { client, asked } = clientOf(runtime, ['d']);
  const answering = askExecutors(client, { ...question, addresses: ['a', 'b', 'c', 'd'] });
  await runtime.advance(0);
  expect(asked).toEqual(['a', 'b', 'c', 'd']);
  await runtime.advance(TIMEOUT_MS);
  expect([...(await answering)]).toEqual([
    ['a', 'silent'],
    ['b', 'silent'],
    ['c', 'silent'],
    ['d', 'yes'],
  ]);
  expect(runtime.clock.monotonicMs()).toBe(TIMEOUT_MS);
});

test('dead ones behind the first that lives cost nothing', async () => {
  const runtime = createFakeRuntime();
  const { client } = clientOf(runtime, ['a']);
  expect([...(await askExecutors(client, { ...question, addresses: ['a', 'b', 'c'] }))]).toEqual([['a', 'yes']]);
  expect(runtime.clock.monotonicMs()).toBe(0);
});

test('busy and unclear are told apart', async () => {
  const client = {
    ...silentClient,
    idleBeat: async (address: string) => (address === 'a' ? 'busy' : 'unclear') as 'busy',
  };
  const answers = await askExecutors(client, { ...question, question: 'idleBeat', addresses: ['a', 'b'] });
  expect([...answers]).toEqual([
    ['a', 'no'],
    ['b', 'silent'],
  ]);
});

test('what went wrong is passed over for a while, or until it goes well', async () => {
  const runtime = createFakeRuntime();
  const health = createPassiveHealth(runtime.clock, 5_000);
  health.wentWrong('a');
  health.wentWrong('b');
  expect([...health.avoided()]).toEqual(['a', 'b']);
  health.wentWell('a');
  expect([...health.avoided()]).toEqual(['b']);
  await runtime.advance(5_000);
  expect([...health.avoided()]).toEqual([]);
});
