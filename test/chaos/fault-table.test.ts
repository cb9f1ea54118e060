import { describe, test } from 'vitest';
import { FAULTS, IN_MINUTES, IN_SECONDS, nightUnderFaults } from '../support/cluster/night-under-faults.ts';

/** The whole table, a night of its own for each fault; which of them, and at which scale, says the command. */
const only = (process.env.DAYBREAK_CHAOS_FAULTS ?? '').split(' ').filter((id) => id !== '');
const scale = process.env.DAYBREAK_CHAOS_QUICK === '1' ? IN_SECONDS : IN_MINUTES;

describe('a night of two schedulers and three executors', () => {
  for (const { id, what } of FAULTS.filter((fault) => only.length === 0 || only.includes(fault.id))) {
    test(`${id}: ${what}`, { timeout: 3_600_000 }, () => nightUnderFaults([id], scale));
  }
});
