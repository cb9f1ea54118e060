import { test } from 'vitest';
import { IN_SECONDS, nightUnderFaults } from '../../support/cluster/night-under-faults.ts';
import { describeWith } from '../../support/servers.ts';

describeWith(['MariaDB', 'Redis'], 'a night of two schedulers and three executors', () => {
  test('loses and doubles nothing when processes die and stand still', { timeout: 900_000 }, async () => {
    await nightUnderFaults(['F6', 'F1', 'F5', 'F7'], IN_SECONDS);
  });
});
