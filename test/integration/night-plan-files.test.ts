import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test as plainTest } from 'vitest';
import {
  BUSINESS_DATE,
  type MadeFile,
  type MadePlan,
  makeDirtyFile,
  PLAN_FILE_HEADER,
} from '../support/dirty-plan-file.ts';
import { planOf } from '../support/gateways/gateway-books.ts';
import { GATEWAY_KEY, HostileGateway } from '../support/gateways/hostile-gateway.ts';
import { type Bench, nightBench } from '../support/night-command.ts';

// Whole nights over files whose every line was made together with what has to become of it.
interface Given {
  cli: Bench;
  gateway: HostileGateway;
}
const test = plainTest.extend<Given>({
  // biome-ignore lint/correctness/noEmptyPattern: the fixture needs no other one.
  cli: async ({}, use) => {
    const cli = nightBench();
    await use(cli);
    cli.remove();
  },
  // biome-ignore lint/correctness/noEmptyPattern: the fixture needs no other one.
  gateway: async ({}, use) => {
    const gateway = new HostileGateway({
      capabilities: { batchMax: 500, maxRequestsPerSecond: 200, visibilityMs: 200, void: false },
    });
    await gateway.listen();
    await use(gateway);
    await gateway.close();
  },
});
const KEY = { DAYBREAK_GATEWAY_KEY: GATEWAY_KEY };

function nightOf({ cli, gateway }: Given, content: Buffer | string, ...more: string[]): string[] {
  writeFileSync(join(cli.dir, 'plans.csv'), content);
  const words = ['night', '--date', BUSINESS_DATE, '--plans', 'plans.csv', '--json', '--executors', '2'];
  return [...words, '--gateway', gateway.url, '--gateway-timeout-ms', '5000', ...more];
}
const reportFile = (cli: Bench, name: string): Buffer =>
  readFileSync(join(cli.dir, 'daybreak-data/nights', BUSINESS_DATE, name));
const sent = (gateway: HostileGateway): number => gateway.log.flatMap((asked) => asked.debits).length;

/** What has to become of a plan, from the plan file's rules, the gate's and the gateway's own fate. */
function stateOf(plan: MadePlan, file: MadeFile, premiums: ReadonlySet<string>): string {
  const key = `${plan.contract}.${plan.period}`;
  const { number } = planOf(`test.${key}.P.1.1`);
  const premiumFails = number % 7 === 3;
  if (plan.leg === 'PREMIUM') return premiumFails ? 'FAILED' : 'SUCCESS';
  if (premiums.has(key) ? premiumFails : file.blocking.has(key)) return 'BLOCKED';
  return number % 11 === 5 ? 'FAILED' : 'SUCCESS';
}

type Sums = Record<string, { count: number; amountMinor: number }>;

function expectedLegs(file: MadeFile): Record<string, Record<string, Sums>> {
  const due = file.plans.filter((plan) => plan.isDue);
  const premiums = new Set(
    due.filter((plan) => plan.leg === 'PREMIUM').map((plan) => `${plan.contract}.${plan.period}`),
  );
  const legs: Record<string, Record<string, Sums>> = { PREMIUM: {}, PRINCIPAL: {} };
  for (const plan of due) {
    const leg = legs[plan.leg] ?? {};
    leg[plan.currency] ??= Object.fromEntries(
      ['due', 'SUCCESS', 'FAILED', 'BLOCKED', 'UNRESOLVED'].map((group) => [group, { count: 0, amountMinor: 0 }]),
    );
    for (const group of ['due', stateOf(plan, file, premiums)]) {
      const sum = leg[plan.currency]?.[group];
      if (sum === undefined) throw new Error(`no group ${group}`);
      sum.count += 1;
      sum.amountMinor += plan.minor;
    }
  }
  return legs;
}

describe.concurrent('a night over a plan file', () => {
  test('of 3,000 lines with every kind of dirt: counts, sums, rejects and the gate are right', async ({
    cli,
    gateway,
  }) => {
    const file = makeDirtyFile({ contracts: 1_500, spoilEvery: 9, bom: true });
    const ended = await cli.run(nightOf({ cli, gateway }, file.bytes, '--max-reject-percent', '12'), KEY);
    expect(ended.stderr).not.toContain('daybreak:');
    expect(ended.code).toBe(0);
    const report = cli.report();
    expect(report.file).toMatchObject({
      dataLines: file.dataLines,
      accepted: file.plans.length,
      rejected: file.rejectCounts,
    });
    expect(report.legs).toEqual(expectedLegs(file));
    expect(reportFile(cli, 'rejects.csv').equals(file.rejects)).toBe(true);
    // Each debit arrived once, with the amount that its line had.
    const minor = new Map(
      file.plans.map((plan) => [`${plan.contract}.${plan.period}.${plan.leg === 'PREMIUM' ? 'P' : 'R'}`, plan.minor]),
    );
    expect(sent(gateway)).toBe(gateway.books.known.size);
    for (const { requestNo, amount } of gateway.books.executions)
      expect(amount).toBe(minor.get(planOf(requestNo).plan));
  });

  test('whose premiums are rejected in every way: their principals are blocked, where the line names them', async ({
    cli,
    gateway,
  }) => {
    const file = makeDirtyFile({ contracts: 160, spoilEvery: 2, spoil: 'premium' });
    const ended = await cli.run(nightOf({ cli, gateway }, file.bytes, '--max-reject-percent', '100'), KEY);
    expect(ended.code).toBe(0);
    expect(cli.report().legs).toEqual(expectedLegs(file));
    expect(file.blocking.size).toBeGreaterThan(30);
    const db = new DatabaseSync(join(cli.dir, 'daybreak-data/daybreak.db'), { readOnly: true });
    const blocked = db
      .prepare(
        `select p.contract_no || '.' || p.period as plan from item i join plan p on p.id = i.subject
          where i.state = 'BLOCKED' and i.reason = 'PREMIUM_REJECTED' order by 1`,
      )
      .all()
      .map((row) => String(row.plan));
    db.close();
    const due = new Set(file.plans.filter((plan) => plan.isDue).map((plan) => `${plan.contract}.${plan.period}`));
    expect(blocked).toEqual([...file.blocking].filter((plan) => due.has(plan)).sort());
  });

  test('with more rejected lines than the percentage: exit 2, nothing debited, the rejects written', async ({
    cli,
    gateway,
  }) => {
    const file = makeDirtyFile({ contracts: 300, spoilEvery: 9 });
    const ended = await cli.run(nightOf({ cli, gateway }, file.bytes, '--max-reject-percent', '7'), KEY);
    expect(ended.code).toBe(2);
    expect(reportFile(cli, 'rejects.csv').equals(file.rejects)).toBe(true);
    expect(sent(gateway)).toBe(0);
    const again = await cli.run(nightOf({ cli, gateway }, file.bytes, '--max-reject-percent', '100'), KEY);
    expect(again.code).toBe(0);
    expect(cli.report().legs).toEqual(expectedLegs(file));
  });

  const PRINCIPAL = 'L1,1,PRINCIPAL,U1,M1,6217,CNY,10.00,2026-11-20';
  test.for([
    ['of one principal alone', [PRINCIPAL], 1],
    ['of one line, larger than all others', ['L1,1,PREMIUM,U1,M1,6217,JPY,99999999999,2026-11-20'], 1],
    ['of rejected lines only', ['x', PRINCIPAL.replace('10.00', '0'), `${PRINCIPAL},`], 0],
    ['of lines that are due later', [PRINCIPAL.replace(/20$/, '21')], 0],
    ['without data lines', [], 0],
  ] as const)('%s', async ([, lines, debits], { cli, gateway }) => {
    const content = [PLAN_FILE_HEADER, ...lines, `TRAILER,${lines.length}`].join('\n');
    const ended = await cli.run(nightOf({ cli, gateway }, content, '--max-reject-percent', '100'), KEY);
    expect(ended.stderr).not.toContain('daybreak:');
    expect(ended.code).toBe(0);
    expect(cli.report().file.dataLines).toBe(lines.length);
    expect(sent(gateway)).toBe(debits);
    expect(gateway.books.executions).toHaveLength(debits);
  });

  test.for([
    [100, 1, 0],
    [99, 1, 2],
  ] as const)('of %i lines with %i rejected, at the default of 1 %%', async ([count, bad, code], { cli, gateway }) => {
    const lines = Array.from({ length: count }, (_, at) =>
      (at < bad ? PRINCIPAL.replace('10.00', '-1') : PRINCIPAL).replace('L1', `L${at}`),
    );
    const content = [PLAN_FILE_HEADER, ...lines, `TRAILER,${count}`].join('\n');
    const ended = await cli.run(nightOf({ cli, gateway }, content), KEY);
    expect(ended.code).toBe(code);
    expect(sent(gateway)).toBe(code === 0 ? count - bad : 0);
  });
});

test('wrong commands one after the other: each a sentence and exit 2, and the right one still runs', async ({
  cli,
  gateway,
}) => {
  const right = nightOf({ cli, gateway }, makeDirtyFile({ contracts: 10, spoilEvery: 1_000 }).bytes);
  const blocker = createServer();
  await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
  const taken = String((blocker.address() as { port: number }).port);
  writeFileSync(join(cli.dir, 'cut.csv'), readFileSync(join(cli.dir, 'plans.csv')).subarray(0, -30));
  writeFileSync(join(cli.dir, 'header.csv'), `${PLAN_FILE_HEADER} \nTRAILER,0\n`);
  writeFileSync(join(cli.dir, 'a-file'), '');
  const instead = (name: string, value: string): string[] =>
    right.map((word, at) => (right[at - 1] === name ? value : word));
  const wrong: [string[], RegExp][] = [
    [instead('--date', '2026-11-31'), /--date/],
    [instead('--plans', 'none.csv'), /--plans/],
    [instead('--plans', 'cut.csv'), /TRAILER/i],
    [instead('--plans', 'header.csv'), /header/],
    [instead('--executors', '0'), /--executors/],
    [instead('--gateway', 'ftp://127.0.0.1'), /--gateway/],
    [instead('--gateway', `${gateway.url}/?x=1`), /--gateway|gateway URL/],
    [instead('--gateway-timeout-ms', '99'), /--gateway-timeout-ms/],
    [[...right, '--callback-port', taken], /--callback-port/],
    [[...right, '--callback-secret', 's'], /--callback-port/],
    [[...right, '--cut-off', '24:00'], /--cut-off/],
    [[...right, '--time-zone', 'Mars/Base'], /--time-zone/],
    [[...right, '--max-reject-percent', '-1'], /--max-reject-percent/],
    [[...right, '--chunk-size', '1e3'], /--chunk-size/],
    [[...right, '--faults', 'none'], /--faults/],
    [[...right, '--gateway-key-file', 'none.key'], /--gateway-key-file/],
    [[...right, '--store', 'postgres://x/y'], /--store/],
    [[...right, '--report', 'a-file'], /--report|a-file/],
    [[...right, '--redis', 'redis://127.0.0.1:1'], /--redis/],
    [[...right, 'more'], /more/],
  ];
  for (const [words, says] of wrong) {
    const ended = await cli.run(words, KEY);
    expect.soft(ended.code, words.join(' ')).toBe(2);
    const sentences = ended.stderr
      .trim()
      .split('\n')
      .filter((line) => line.startsWith('daybreak:'));
    expect.soft(sentences, words.join(' ')).toHaveLength(1);
    expect.soft(sentences[0]).toMatch(says);
    expect.soft(ended.stderr).not.toMatch(/\n\s+at /);
  }
  blocker.close();
  expect(sent(gateway)).toBe(0);
  const ended = await cli.run(right, KEY);
  expect(ended.code).toBe(0);
  expect(sent(gateway)).toBe(gateway.books.known.size);
});
