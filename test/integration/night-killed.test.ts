import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test as plainTest } from 'vitest';
import { seededRandom } from '../../shared/runtime/seeded-random.ts';
import { auditBooks, auditOrder, auditReport, auditStore, lostPlans } from '../support/night-audit.ts';
import { type Bench, nightBench, type Report } from '../support/night-command.ts';
import {
  bookedSoFar,
  booksOf,
  type KilledNight,
  type KillMoment,
  startAndKill,
  storeOf,
  untilLetIn,
  whereWasIt,
} from '../support/night-killer.ts';
import { launchNight } from '../support/night-launch.ts';

/**
 * R003: kill -9 at random moments, and the same command again until the night ends. The moments come from a seed that
 * is printed: DAYBREAK_TEST_SEED plays them again (as far as a machine can), DAYBREAK_TEST_KILLS=200 makes it long.
 */
const SEED = Number(process.env.DAYBREAK_TEST_SEED ?? Date.now() % 1_000_000);
const KILLS = Number(process.env.DAYBREAK_TEST_KILLS ?? 20);
const KILLS_PER_NIGHT = 5;
const CONTRACTS = 400;
const SAMPLE: {
  dataLines: number;
  accepted: number;
  dueTonight: Record<string, Record<string, unknown>>;
} = JSON.parse(readFileSync(new URL('../support/data/plans-2026-11-20.expected.json', import.meta.url), 'utf8'));
const LONG = { timeout: 120_000 + KILLS * 30_000 };

const test = plainTest.extend<{ cli: Bench }>({
  // biome-ignore lint/correctness/noEmptyPattern: the fixture needs no other one.
  cli: async ({}, use) => {
    const cli = nightBench();
    await use(cli);
    cli.remove();
  },
});

/** Runs it to its end, and compares what it left with the gateway's own books. */
async function expectWholeNight(night: KilledNight, kills: readonly string[]): Promise<Report> {
  const end = await untilLetIn(
    () => launchNight(night.dir, night.args).ended,
    (ended) => ended,
  );
  const story = `seed ${SEED}, killed at: ${kills.join('; ')}`;
  expect(end.code, `${story}\n${end.stderr}\n${end.stdout}`).toBe(0);
  const [store, books] = [storeOf(night.dir), booksOf(night.dir)];
  const report = JSON.parse(end.stdout.trim().split('\n').at(-1) ?? '');
  const findings = [
    ...auditBooks(books),
    ...auditOrder({ store, books }),
    ...auditStore({ store, books }, { ended: true }),
    ...auditReport(report, books),
  ];
  expect(findings, story).toEqual([]);
  expect(report).toMatchObject({ exitCode: 0, conservation: { holds: true, differences: [] } });
  return report;
}

// Side by side: what is left after a kill waits for visibilities and for the pace of repeats.
test.concurrent.for(Array.from({ length: Math.ceil(KILLS / KILLS_PER_NIGHT) }, (_, at) => at))(
  'a night killed at random moments loses no plan and debits nobody twice (night %i)',
  LONG,
  async (no, { cli }) => {
    const random = seededRandom(`${SEED}/${no}`);
    const plans = cli.plans(CONTRACTS);
    const args = ['--date', '2026-11-20', '--plans', plans, '--faults', 'moderate', '--chunk-size', '20'];
    // A kill that reaches only the launcher may come so late to the rest that little is left: the kills that are still
    // to come then fall into another night.
    for (let left = KILLS_PER_NIGHT, nights = 1; left > 0; nights += 1) {
      if (nights > KILLS_PER_NIGHT) throw new Error(`${nights - 1} nights ended before they had been killed as often`);
      const dir = join(cli.dir, `night ${nights}`);
      mkdirSync(dir);
      const night: KilledNight = { dir, args, businessDate: '2026-11-20', random };
      const kills = await killAtRandom(night, left);
      console.log(`seed ${SEED}, night ${no}:\n  ${kills.join('\n  ')}`);
      left -= kills.length;
      await expectWholeNight(night, kills);
      const files = { store: storeOf(dir), books: booksOf(dir) };
      expect(lostPlans(files, readFileSync(plans, 'utf8').split('\n'))).toEqual([]);
    }
  },
);

/** Kills a night so many times, or until it has ended. */
async function killAtRandom(night: KilledNight, times: number): Promise<string[]> {
  const kills: string[] = [];
  while (kills.length < times) {
    const moment = drawMoment(night, times - kills.length);
    const outcome = await startAndKill(night, moment);
    if (outcome.killed === null) {
      expect(outcome.end.code, `${kills.join('; ')}\n${outcome.end.stderr}\n${outcome.end.stdout}`).toBe(0);
      break;
    }
    kills.push(`${outcome.killed}, ${JSON.stringify(moment)}: ${whereWasIt(storeOf(night.dir))}`);
  }
  return kills;
}

/** Mostly by what the gateway has booked, so that the moments are spread over the money; else by the clock alone. */
function drawMoment({ dir, random }: KilledNight, left: number): KillMoment {
  if (random.next() < 0.3) return { kind: 'started', thenMs: random.integer(3_000) };
  const booked = bookedSoFar(booksOf(dir));
  // At most its share of what is left, so that the last kill still finds a night to kill.
  const step = (CONTRACTS * 1.8 - booked) / left;
  return { kind: 'debits', count: booked + 1 + random.integer(Math.max(1, step)), thenMs: random.integer(150) };
}

/** The stages that are killed, and the text in the log of a start after which each begins. */
const STAGES = [
  { stage: 'import', after: 'executor is alive', times: 2 },
  // Over in a moment, and may be missed.
  { stage: 'freeze', after: 'executor is alive', times: 1 },
  { stage: 'reconcile', after: 'last pass: asked', times: 2 },
] as const;
const TRIES = 3;

test.concurrent('a night killed in the import and in the reconciliation is whole in the end', LONG, async ({ cli }) => {
  const random = seededRandom(`${SEED}/stages`);
  // Nine chunks are in the air at once, and repeats are paced: small ones keep the test short.
  const args = ['--chunk-size', '80'];
  for (let no = 1; no <= TRIES; no += 1) {
    const dir = join(cli.dir, `try ${no}`);
    mkdirSync(dir);
    const night: KilledNight = { dir, args, businessDate: '2026-11-20', random };
    const kills: string[] = [];
    const missed: string[] = [];
    for (const { stage, after, times } of STAGES) {
      const met: (string | null)[] = [];
      // What is behind us does not come again: one kill behind the stage is the last for it.
      while (met.length < times && met.every((where) => where === stage)) {
        const outcome = await startAndKill(night, { kind: 'stage', stage, after });
        if (outcome.killed === null) break;
        met.push(outcome.heldIn);
        kills.push(`${outcome.killed} for ${stage}: held in ${outcome.heldIn}`);
      }
      if (!met.includes(stage) && stage !== 'freeze') missed.push(stage);
    }
    console.log(`seed ${SEED}:\n  ${kills.join('\n  ')}`);
    const report = await expectWholeNight(night, kills);
    // What is due was counted from the file by hand, so to speak: by another program.
    for (const [leg, currencies] of Object.entries(SAMPLE.dueTonight)) {
      for (const [currency, due] of Object.entries(currencies)) expect(report.legs[leg]?.[currency]?.due).toEqual(due);
    }
    expect(report.file).toMatchObject({ dataLines: SAMPLE.dataLines, accepted: SAMPLE.accepted });
    if (missed.length === 0) return;
    console.log(`not met: ${missed.join(', ')}`);
  }
  throw new Error(`in ${TRIES} nights not every stage was met`);
});
