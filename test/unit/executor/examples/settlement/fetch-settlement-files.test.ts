import { expect, test } from 'vitest';
import { fetchSettlementFiles } from '../../../../../executor/examples/settlement/fetch-settlement-files.ts';
import { silentLogger as logger } from '../../../../../shared/logger.ts';
import type { SqlStore } from '../../../../../shared/sql/sql.ts';
import { createFakeRuntime } from '../../../../support/fake-runtime.ts';

/** A gateway whose every request for a file takes 20 s; `usableAfter` says after how many of them a date is answered. */
async function fetched(forMs: number, usableAfter: Readonly<Record<string, number>>) {
  const runtime = createFakeRuntime();
  const tries: Record<string, number> = {};
  const stop = new AbortController();
  const work = fetchSettlementFiles({
    // Nothing is staged: a file that does not exist is an answer, too.
    store: {} as SqlStore,
    nightId: 1,
    downstream: {
      async file(date: string) {
        tries[date] = (tries[date] ?? 0) + 1;
        await runtime.sleep(20_000);
        if (tries[date] > (usableAfter[date] ?? 0)) return { kind: 'absent' };
        return { kind: 'unusable', why: 'nothing came for 20000 ms' };
      },
    },
    dates: Object.keys(usableAfter),
    isRequired: () => true,
    firstFetchNo: 0,
    forMs,
    runtime,
    logger,
    signal: stop.signal,
  });
  let over = false;
  const ended = work.finally(() => {
    over = true;
  });
  while (!over) await runtime.advance(1_000);
  return { files: await ended, tries };
}

test('a date whose turn comes when the time is up is still tried three times', async () => {
  const { files, tries } = await fetched(60_000, { '2026-11-19': 99, '2026-11-20': 2 });
  expect(files).toMatchObject({ had: true, missing: [{ date: '2026-11-19', why: 'nothing came for 20000 ms' }] });
  expect(tries).toEqual({ '2026-11-19': 3, '2026-11-20': 3 });
});

test('while there is time a file is asked for again and again, and three times at least', async () => {
  expect((await fetched(180_000, { '2026-11-20': 5 })).files).toMatchObject({ had: true, missing: [] });
  const { files, tries } = await fetched(1_000, { '2026-11-20': 99 });
  expect([files.had, tries]).toEqual([false, { '2026-11-20': 3 }]);
});
