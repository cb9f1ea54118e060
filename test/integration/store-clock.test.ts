import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openExecutorStore } from '../../executor/storage/open-executor-store.ts';
import { openSchedulerStore } from '../../scheduler/open-scheduler-store.ts';
import { createMysqlDatabase } from '../support/mysql-database.ts';
import { describeWith } from '../support/servers.ts';

const THREE_HOURS = 3 * 3_600_000;

describeWith(['MariaDB'], 'a program on a machine whose clock is hours away from that of its database', () => {
  let place: Awaited<ReturnType<typeof createMysqlDatabase>>;
  beforeEach(async () => {
    place = await createMysqlDatabase();
    // The clock alone; timers are the system's.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - THREE_HOURS });
  });
  afterEach(async () => {
    vi.useRealTimers();
    await place.drop();
  });

  test('is refused by both stores, with the way out, and opens one that may be off', async () => {
    const refusal =
      /this machine's clock is 10[78]\d\d s behind that of .*: set both clocks by NTP, and look at their time/;
    await expect(openSchedulerStore(place.url)).rejects.toThrow(refusal);
    await expect(openExecutorStore(place.url)).rejects.toThrow(refusal);
    const store = await openExecutorStore(place.url, [], { clock: 'warn' });
    expect(store.figures().clock?.skewMs).toBeGreaterThan(2 * 3_600_000);
    await store.close();
  });
});
