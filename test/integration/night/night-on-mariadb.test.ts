import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test as plainTest } from 'vitest';
import { seededRandom } from '../../../shared/runtime/seeded-random.ts';
import { copyMysqlStore } from '../../support/copy-mysql-store.ts';
import { planFileOf, variedPlans } from '../../support/gateways/hostile-night.ts';
import { createMysqlDatabase } from '../../support/mysql-database.ts';
import { auditBooks, auditOrder, auditReport, auditStore, lostPlans } from '../../support/night-audit.ts';
import { type Bench, nightBench, type Report } from '../../support/night-command.ts';
import { type KilledNight, type KillMoment, startAndKill, whereWasIt } from '../../support/night-killer.ts';
import { launchNight } from '../../support/night-launch.ts';
import { startPlannedGateway } from '../../support/planned-gateway.ts';
import { describeWith, redisUrl } from '../../support/servers.ts';

/** DAYBREAK_TEST_SEED plays the kills again, as far as a machine can. */
const SEED = Number(process.env.DAYBREAK_TEST_SEED ?? Date.now() % 1_000_000);

interface Given {
  cli: Bench;
  /** The words that put a night on the servers, on an empty database of its own, and that database. */
  servers: { readonly words: readonly string[]; readonly url: string };
}
const test = plainTest.extend<Given>({
  // biome-ignore lint/correctness/noEmptyPattern: the fixture needs no other one.
  cli: async ({}, use) => {
    const cli = nightBench();
    await use(cli);
    cli.remove();
  },
  // biome-ignore lint/correctness/noEmptyPattern: the fixture needs no other one.
  servers: async ({}, use) => {
    const { url, drop } = await createMysqlDatabase();
    await use({ url, words: ['--store', url, '--redis', redisUrl()] });
    await drop();
  },
});

/** The gateway's own simulator keeps its books in the home: a database on a server has no folder. */
function booksIn(home: string): string {
  const [name, ...more] = readdirSync(home).filter((file) => file.endsWith('-gateway-books.db'));
  if (name === undefined || more.length > 0) throw new Error(`not one file of books in ${home}`);
  return join(home, name);
}

describeWith(['MariaDB', 'Redis'], 'a whole night on MariaDB with Redis', () => {
  test.concurrent('comes to the same figures as on SQLite, whatever becomes of a plan', async ({ cli, servers }) => {
    const plans = join(cli.dir, 'plans.csv');
    writeFileSync(plans, planFileOf(variedPlans(120)));
    const night = async (home: string, words: readonly string[]) => {
      const gateway = await startPlannedGateway(planned);
      const to = ['--gateway', gateway.url, '--gateway-key', 'key', '--gateway-timeout-ms', '5000', '--json'];
      const all = ['night', '--date', '2026-11-20', '--plans', plans, '--chunk-size', '25', '--home', home];
      const ended = await cli.run([...all, ...to, ...words]);
      const debited = [...gateway.books.values()].filter(({ status }) => status === 'SUCCESS');
      await gateway.close();
      expect(ended.code, ended.stderr).toBe(0);
      expect(gateway.arrivals).toHaveLength(new Set(gateway.arrivals).size);
      return { report: JSON.parse(ended.stdout) as Report, debited: debited.map(({ requestNo }) => requestNo).sort() };
    };
    const [embedded, served] = await Promise.all([night('embedded', []), night('served', servers.words)]);
    const { legs, file, conservation, reconciliation } = served.report;
    expect({ legs, file, conservation, reconciliation }).toEqual({
      legs: embedded.report.legs,
      file: embedded.report.file,
      conservation: embedded.report.conservation,
      reconciliation: embedded.report.reconciliation,
    });
    expect(served.debited).toEqual(embedded.debited);
    // By hand, for one leg and currency: of the contracts 4, 8, ... 120 those that end in 0 have no funds.
    expect(legs.PREMIUM?.CNY).toMatchObject({ due: { count: 30 }, SUCCESS: { count: 24 }, FAILED: { count: 6 } });
    expect(legs.PRINCIPAL?.CNY).toMatchObject({ due: { count: 30 }, BLOCKED: { count: 6 } });
    expect(conservation).toMatchObject({ holds: true, differences: [] });
  });

  test.concurrent('killed with -9 again and again it loses no plan and debits nobody twice', {}, async ({
    cli,
    servers,
  }) => {
    const contracts = 150;
    const plans = cli.plans(contracts);
    const home = join(cli.dir, 'daybreak-data');
    const random = seededRandom(`${SEED}/mariadb`);
    const args = ['--date', '2026-11-20', '--plans', plans, '--faults', 'moderate', '--chunk-size', '10'];
    const night: KilledNight = { dir: cli.dir, args: [...args, ...servers.words], businessDate: '2026-11-20', random };
    const kills: string[] = [];
    const moments: KillMoment[] = [
      { kind: 'log', text: 'plan file imported', thenMs: random.integer(150) },
      // Some premiums fail, so that a little less than two debits of each contract are booked in the end.
      ...[0.4, 0.7, 0.95].map((share): KillMoment => {
        return { kind: 'debits', count: Math.floor(contracts * 1.85 * share), thenMs: random.integer(150) };
      }),
    ];
    for (const moment of moments) {
      const killed = moment.kind === 'debits' ? { ...night, books: booksIn(home) } : night;
      const outcome = await startAndKill(killed, moment);
      if (outcome.killed === null) throw new Error(`it ended before it was killed: ${JSON.stringify(outcome.end)}`);
      const copy = join(cli.dir, `killed-${kills.length}.db`);
      await copyMysqlStore(servers.url, copy);
      kills.push(`${outcome.killed}, ${JSON.stringify(moment)}: ${whereWasIt(copy)}`);
    }
    const story = `seed ${SEED}:\n  ${kills.join('\n  ')}`;
    console.log(story);

    const end = await launchNight(night.dir, night.args).ended;
    expect(end.code, `${story}\n${end.stderr}\n${end.stdout}`).toBe(0);
    const report: Report = JSON.parse(end.stdout.trim().split('\n').at(-1) ?? '');
    const files = { store: join(cli.dir, 'ended.db'), books: booksIn(home) };
    await copyMysqlStore(servers.url, files.store);
    const findings = [
      ...auditBooks(files.books),
      ...auditOrder(files),
      ...auditStore(files, { ended: true }),
      ...auditReport(report, files.books),
      ...lostPlans(files, readFileSync(plans, 'utf8').split('\n')),
    ];
    expect(findings, story).toEqual([]);
    expect(report).toMatchObject({ exitCode: 0, conservation: { holds: true, differences: [] } });
    expect(report.legs.PREMIUM?.CNY?.due).toEqual({ count: contracts, amountMinor: contracts * 100 });
    expect(report.legs.PRINCIPAL?.CNY?.due).toEqual({ count: contracts, amountMinor: contracts * 1_000 });
  });
});

/** What the gateway does, by contract and leg alone: each store meets the same. */
function planned(requestNo: string): string {
  const [, contract = '', , leg] = requestNo.split('.');
  const no = Number(contract.slice(1));
  if (leg === 'P') return no % 10 === 0 ? 'INSUFFICIENT_FUNDS' : 'OK';
  return no % 7 === 0 ? 'LIMIT_EXCEEDED' : 'OK';
}
