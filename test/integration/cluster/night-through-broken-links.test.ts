import { test } from 'vitest';
import { IN_SECONDS, nightUnderFaults } from '../../support/cluster/night-under-faults.ts';
import { describeWith } from '../../support/servers.ts';

describeWith(['MariaDB', 'Redis'], 'a night of two schedulers and three executors', () => {
  test('loses and doubles nothing when answers are lost and links are cut', { timeout: 900_000 }, async () => {
    await nightUnderFaults(['F16', 'F33', 'F17', 'F36', 'F31'], IN_SECONDS);
  });
});
