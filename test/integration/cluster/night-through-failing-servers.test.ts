import { test } from 'vitest';
import { IN_SECONDS, nightUnderFaults } from '../../support/cluster/night-under-faults.ts';
import { describeWith } from '../../support/servers.ts';

describeWith(['MariaDB', 'Redis'], 'a night of two schedulers and three executors', () => {
  test('loses and doubles nothing when the database and Redis die, hang and refuse', { timeout: 900_000 }, async () => {
    await nightUnderFaults(['F25', 'F14', 'F26', 'F20', 'F28', 'F18', 'F19'], IN_SECONDS);
  });
});
