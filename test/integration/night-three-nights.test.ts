import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test as plainTest } from 'vitest';
import { PLAN_HEADER } from '../../executor/examples/settlement/plan-line.ts';
import { seededRandom } from '../../shared/runtime/seeded-random.ts';
import { moveCutOff } from '../support/move-cut-off.ts';
import { auditBooks, auditStore } from '../support/night-audit.ts';
import { type Bench, type Ended, nightBench, type Started } from '../support/night-command.ts';
import { booksOf, startAndKill, storeOf } from '../support/night-killer.ts';
import { type PlannedGateway, startPlannedGateway } from '../support/planned-gateway.ts';

const test = plainTest.extend<{ cli: Bench }>({
  // biome-ignore lint/correctness/noEmptyPattern: the fixture needs no other one.
  cli: async ({}, use) => {
    const cli = nightBench();
    await use(cli);
    cli.remove();
  },
});

const CONTRACTS = ['FINE', 'POOR', 'LATER', 'GONE', 'LIMITED', 'SLOW', 'SLOWBAD'];

/** What the gateway does, by contract, leg and presentation. */
function planned(requestNo: string): string {
  const [, contract = '', , leg, presentation] = requestNo.split('.');
  const first = presentation === '1';
  if (contract === 'LIMITED' && leg === 'R') return first ? 'LIMIT_EXCEEDED' : 'OK';
  if (leg === 'R') return 'OK';
  if (contract === 'POOR') return 'INSUFFICIENT_FUNDS';
  if (contract === 'LATER') return first ? 'INSUFFICIENT_FUNDS' : 'OK';
  if (contract === 'GONE') return 'ACCOUNT_CLOSED';
  return contract.startsWith('SLOW') && first ? 'PROCESSING' : 'OK';
}

function planFile(dir: string): string {
  const lines = CONTRACTS.flatMap((contract, at) => {
    const who = `U${at},M1,62100000${at},CNY`;
    return [`${contract},1,PREMIUM,${who},1.00,2026-11-20`, `${contract},1,PRINCIPAL,${who},10.00,2026-11-20`];
  });
  const path = join(dir, 'plans.csv');
  writeFileSync(path, `${[PLAN_HEADER, ...lines].join('\n')}\nTRAILER,${lines.length}\n`);
  return path;
}

/** The contracts whose debit of a leg moved money, in order of name. */
const paid = (gateway: PlannedGateway, leg: string): string[] =>
  [...gateway.books.values()]
    .filter(({ requestNo, status }) => status === 'SUCCESS' && requestNo.split('.')[3] === leg)
    .map(({ requestNo }) => requestNo.split('.')[1] ?? '')
    .sort();

const counts = (ended: Ended) => {
  const { legs, carriedOver, exitCode } = JSON.parse(ended.stdout);
  const of = (leg: string) =>
    Object.fromEntries(
      Object.entries(legs[leg]?.CNY ?? {}).map(([group, total]) => [group, (total as { count: number }).count]),
    );
  const { count, settled, stillOpen } = carriedOver;
  return { exitCode, PREMIUM: of('PREMIUM'), PRINCIPAL: of('PRINCIPAL'), carriedOver: { count, settled, stillOpen } };
};
const leg = (due: number, SUCCESS: number, FAILED: number, BLOCKED: number, UNRESOLVED = 0) => ({
  due,
  SUCCESS,
  FAILED,
  BLOCKED,
  UNRESOLVED,
});
const NOBODY = { count: 0, settled: 0, stillOpen: 0 };

async function killedWhen({ child, ended }: Started, isTrue: () => boolean): Promise<void> {
  await until(isTrue);
  child.kill('SIGKILL');
  await ended;
}

async function until(isTrue: () => boolean): Promise<void> {
  for (let left = 4_000; !isTrue(); left -= 1) {
    if (left === 0) throw new Error('it did not come true within 200 s');
    await sleep(50);
  }
}

describe.concurrent('night after night on one store and one gateway', () => {
  test('who is due again, who is asked for first, and nobody is debited twice', async ({ cli }) => {
    const gateway = await startPlannedGateway(planned);
    const plans = planFile(cli.dir);
    const words = (date: string, ...more: string[]): string[] => [
      ...['night', '--date', date, '--plans', plans, '--gateway', gateway.url, '--gateway-key', 'key', '--json'],
      ...['--gateway-timeout-ms', '500', ...more],
    ];

    // The cut-off finds two premiums in the air; their principals wait for them, and for nobody else's. It is moved twice:
    // near, so that the principals' grace is over in seconds, and to now, when all that can be sent has been.
    await killedWhen(cli.start(words('2026-11-20')), () => gateway.arrivals.length >= 7);
    moveCutOff(storeOf(cli.dir), '2026-11-20', { inMs: 60_000 });
    await killedWhen(cli.start(words('2026-11-20')), () => gateway.arrivals.length >= 9);
    moveCutOff(storeOf(cli.dir), '2026-11-20', { inMs: 1_000 });
    const first = await cli.run(words('2026-11-20'));
    expect(first.code, first.stderr).toBe(3);
    expect(gateway.arrivals).toHaveLength(9);
    expect(counts(first)).toMatchObject({
      PREMIUM: leg(7, 2, 3, 0, 2),
      PRINCIPAL: leg(7, 1, 1, 3, 2),
      carriedOver: NOBODY,
    });
    expect(paid(gateway, 'R')).toEqual(['FINE']);

    // Both are swept, not presented; they hold their principals until the gateway says what became of them.
    const second = cli.start(words('2026-11-21'));
    await until(() => paid(gateway, 'R').length >= 3);
    expect(paid(gateway, 'R')).toEqual(['FINE', 'LATER', 'LIMITED']);
    gateway.finish('daybreak.SLOW.1.P.1.1', 'OK');
    gateway.finish('daybreak.SLOWBAD.1.P.1.1', 'INSUFFICIENT_FUNDS');
    const secondEnd = await second.ended;
    expect(secondEnd.code, secondEnd.stderr).toBe(0);
    expect(counts(secondEnd)).toMatchObject({
      PREMIUM: leg(2, 1, 1, 0),
      PRINCIPAL: leg(6, 3, 0, 3),
      carriedOver: { count: 2, settled: 2, stillOpen: 0 },
    });
    expect(paid(gateway, 'R')).toEqual(['FINE', 'LATER', 'LIMITED', 'SLOW']);

    const third = await cli.run(words('2026-11-22'));
    expect(third.code, third.stderr).toBe(0);
    expect(counts(third)).toMatchObject({ PREMIUM: leg(2, 1, 1, 0), PRINCIPAL: leg(3, 1, 0, 2), carriedOver: NOBODY });

    // POOR has been presented three times. What is blocked stays due.
    const fourth = await cli.run(words('2026-11-23'));
    expect(fourth.code, fourth.stderr).toBe(0);
    expect(counts(fourth)).toMatchObject({ PREMIUM: {}, PRINCIPAL: leg(2, 0, 0, 2) });

    const arrived = gateway.arrivals.length;
    const fresh = await cli.run(words('2026-11-23', '--fresh'));
    expect(fresh.code, fresh.stderr).toBe(0);
    expect(counts(fresh)).toMatchObject({ PREMIUM: {}, PRINCIPAL: leg(2, 0, 0, 2) });
    expect(gateway.arrivals).toHaveLength(arrived);

    // The first night asked for once more: its premiums are settled by now, its principals were never sent in it.
    const again = await cli.run(words('2026-11-20'));
    expect(counts(again)).toMatchObject({ exitCode: 3, PREMIUM: leg(7, 3, 4, 0), PRINCIPAL: leg(7, 1, 1, 3, 2) });

    expect(paid(gateway, 'P')).toEqual(['FINE', 'LATER', 'LIMITED', 'SLOW', 'SLOWBAD']);
    expect(paid(gateway, 'R')).toEqual(['FINE', 'LATER', 'LIMITED', 'SLOW', 'SLOWBAD']);
    const keysOf = (plan: string) => [...gateway.books.keys()].filter((key) => key.startsWith(`daybreak.${plan}.`));
    expect(keysOf('POOR.1.P')).toEqual(['1', '2', '3'].map((no) => `daybreak.POOR.1.P.${no}.1`));
    expect(keysOf('GONE.1.P')).toEqual(['daybreak.GONE.1.P.1.1']);
    expect(keysOf('SLOW.1.P')).toEqual(['daybreak.SLOW.1.P.1.1']);
    expect(keysOf('SLOWBAD.1.P')).toEqual(['daybreak.SLOWBAD.1.P.1.1', 'daybreak.SLOWBAD.1.P.2.1']);
    await gateway.close();
  });

  test('a night that was killed and never taken up is over when the next one begins', async ({ cli }) => {
    const options = ['--plans', cli.plans(500), '--faults', 'moderate', '--chunk-size', '30'];
    const args = ['--date', '2026-11-20', ...options];
    const night = { dir: cli.dir, args, businessDate: '2026-11-20', random: seededRandom(1) };
    const killed = await startAndKill(night, { kind: 'debits', count: 150, thenMs: 20 });
    expect(killed.killed).not.toBeNull();
    const next = await cli.run(['night', '--date', '2026-11-21', ...options, '--json']);
    expect(next.code, next.stderr).toBe(0);
    expect(next.stderr).toContain('an earlier night never ended');
    const report = JSON.parse(next.stdout);
    expect(report.conservation).toMatchObject({ holds: true });
    expect(report.legs.PRINCIPAL.CNY.due.count).toBe(500);
    const files = { store: storeOf(cli.dir), books: booksOf(cli.dir) };
    expect([...auditBooks(files.books), ...auditStore(files, { ended: true })]).toEqual([]);
    // The first one can no longer debit: its command asks, matches and reports.
    const late = await cli.run(['night', ...args, '--json']);
    expect(late.code, late.stdout).toBe(3);
    expect(JSON.parse(late.stdout).conservation).toMatchObject({ holds: true });
    expect(auditBooks(files.books)).toEqual([]);
  });
});
