import { describe, expect, test } from 'vitest';
import { fileGateways } from '../support/gateways/file-gateways.ts';
import { runHostileNight, type Scenario } from '../support/gateways/hostile-night.ts';
import { lyingGateways } from '../support/gateways/lying-gateways.ts';
import { absentGateways, incapableGateways, wireGateways } from '../support/gateways/wire-gateways.ts';

/**
 * Whole nights, each a process of its own, against gateways that lie. What each gateway truly did stands in its own
 * books, and a checker that shares no code with the system compares them with what the night says.
 *
 * By default the nights named below run; with DAYBREAK_HOSTILE=all all of them do (about a quarter of an hour), and
 * with DAYBREAK_HOSTILE=<text> those whose names contain the text.
 */
const STAYS = [
  'every lie about what it did, one after the other',
  'every broken answer, one after the other',
  'NOT_FOUND, and a queue that executes seconds later',
  'forged callbacks',
  'PROCESSING, final by callback only',
  'PROCESSING for ever',
  'refuses our credentials in the middle',
  'a clock an hour ahead, and answers that are lost',
  'forgets keys, and then voids what it had executed',
  'FAILED with codes that nobody knows',
  'says FAILED, and the callback says SUCCESS',
  'works every arrival anew, and loses answers',
  'files with a wrong trailer, then right ones',
  'a file with four things wrong in it',
  'away for twelve seconds in the middle',
  'batchMax missing',
];

const all: Record<string, Scenario> = {
  ...lyingGateways,
  ...wireGateways,
  ...fileGateways,
  ...absentGateways,
  ...incapableGateways,
};
const wanted = process.env.DAYBREAK_HOSTILE ?? '';
const names = wanted === '' ? STAYS : Object.keys(all).filter((name) => wanted === 'all' || name.includes(wanted));

describe.concurrent('a night with a gateway that', () => {
  test.for(names)('%s', { timeout: 420_000 }, async (name) => {
    const scenario = all[name];
    if (scenario === undefined) throw new Error(`there is no gateway "${name}"`);
    const { findings } = await runHostileNight(scenario);
    expect(findings).toEqual([]);
  });
});
