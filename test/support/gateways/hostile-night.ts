import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { freePort } from '../free-port.ts';
import { type Ended, nightBench, type Started } from '../night-command.ts';
import { GATEWAY_KEY, HostileGateway, type Lies } from './hostile-gateway.ts';
import { type Allowance, findingsOf, type Plan } from './night-checker.ts';

/** One way to lie, and how a night with such a gateway has to end. */
export interface Scenario {
  /** Made anew for each night: some lies remember what they said. */
  lies(): Lies;
  /** The exit codes that are right. */
  readonly ends: readonly number[];
  /** Contracts in the plan file, two plans each. Default 14. */
  readonly contracts?: number;
  /** The night has to end at its cut-off, so that one is set as soon as can be. */
  readonly untilCutOff?: boolean;
  readonly timeoutMs?: number;
  readonly callbacks?: boolean;
  /** When that many sends have arrived in all, the process is killed with -9 and the same command is given again. */
  readonly killedAfterSends?: readonly number[];
  readonly allowed?: Allowance;
  /** What the gateway does meanwhile, beside answering. */
  meanwhile?(gateway: HostileGateway): void;
  /** What else has to be true of the books, the log or the output: what is not. */
  check?(night: HostileNight): readonly string[];
}

export interface HostileNight {
  readonly gateway: HostileGateway;
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly report: Report;
  readonly seconds: number;
}

export interface Report {
  readonly legs: Record<string, Record<string, Record<string, { count: number; amountMinor: number }>>>;
  readonly conservation: { holds: boolean; differences: { kind: string; note: string }[] };
  readonly contradictions: { note: string }[];
}

const CURRENCIES = ['CNY', 'USD', 'JPY', 'KWD'] as const;
const DECIMALS = { CNY: 2, USD: 2, JPY: 0, KWD: 3 } as const;

/** Plans of which no two have the same amount, so that a sum that is right is right for each of them. */
export function variedPlans(contracts: number): Plan[] {
  const plans: Plan[] = [];
  for (let n = 1; n <= contracts; n++) {
    const currency = CURRENCIES[n % 4] ?? 'CNY';
    const account = `62170000${String(n).padStart(6, '0')}`;
    for (const leg of ['PREMIUM', 'PRINCIPAL'] as const) {
      plans.push({
        contract: `K${n}`,
        leg,
        account,
        currency,
        minor: n * 1_001 + (leg === 'PREMIUM' ? 0 : 500_000_000),
      });
    }
  }
  return plans;
}

export function planFileOf(plans: readonly Plan[]): string {
  const lines = plans.map(({ contract, leg, account, currency, minor }) => {
    const decimals = DECIMALS[currency as keyof typeof DECIMALS];
    const digits = String(minor).padStart(decimals + 1, '0');
    const amount = decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
    return `${contract},1,${leg},U-${contract},M1,${account},${currency},${amount},2026-11-20`;
  });
  const header = 'contract_no,period,leg,customer_no,merchant_no,account_no,currency,amount,due_date';
  return [header, ...lines, `TRAILER,${lines.length}`].map((line) => `${line}\n`).join('');
}

/** A cut-off is a whole minute; the next one that leaves the night some seconds. */
function soonestCutOff(leastMs: number): string {
  return new Date(Math.ceil((Date.now() + leastMs) / 60_000) * 60_000).toISOString().slice(11, 16);
}

/** Runs one whole night, as a process of its own, against one hostile gateway. Returns what was wrong with it. */
export async function runHostileNight(scenario: Scenario): Promise<{ findings: string[]; night: HostileNight }> {
  const bench = nightBench();
  const gateway = new HostileGateway(scenario.lies());
  await gateway.listen();
  try {
    const plans = variedPlans(scenario.contracts ?? 14);
    writeFileSync(join(bench.dir, 'plans.csv'), planFileOf(plans));
    const timeoutMs = scenario.timeoutMs ?? 700;
    const words = ['night', '--date', '2026-11-20', '--plans', 'plans.csv', '--gateway', gateway.url, '--json'];
    words.push('--gateway-timeout-ms', String(timeoutMs), '--time-zone', 'UTC', '--executors', '2');
    if (scenario.untilCutOff) words.push('--cut-off', soonestCutOff(45_000));
    if (scenario.callbacks) words.push('--callback-port', String(await freePort()));
    scenario.meanwhile?.(gateway);
    const ended = await runKilled(() => bench.start(words, { DAYBREAK_GATEWAY_KEY: GATEWAY_KEY }), gateway, scenario);
    const { maxRequestsPerSecond = 40, keyLifetimeMs = 86_400_000 } = scenario.lies().capabilities ?? {};
    const findings = findingsOf(
      {
        ...ended,
        dir: bench.dir,
        plans,
        gateway,
        timeoutMs,
        ratePerSecond: Number(maxRequestsPerSecond),
        keyLifetimeMs: Number(keyLifetimeMs),
      },
      scenario.allowed,
    );
    if (!scenario.ends.includes(ended.code ?? -1)) {
      findings.unshift(
        `exit code ${ended.code} instead of ${scenario.ends.join(' or ')}: ${ended.stderr.slice(-1_500)}`,
      );
    }
    const report = JSON.parse(ended.stdout.trim().split('\n').at(-1) || '{}') as Report;
    const night: HostileNight = {
      gateway,
      code: ended.code,
      stdout: ended.stdout,
      stderr: ended.stderr,
      report,
      seconds: ended.ms / 1_000,
    };
    findings.push(...(scenario.check?.(night) ?? []));
    return { findings, night };
  } finally {
    await gateway.close();
    bench.remove();
  }
}

async function runKilled(
  start: () => Started,
  gateway: HostileGateway,
  { killedAfterSends = [] }: Scenario,
): Promise<Ended> {
  for (const sends of killedAfterSends) {
    const started = start();
    let isOver = false;
    void started.ended.then(() => {
      isOver = true;
    });
    while (!isOver && gateway.log.filter(({ kind }) => kind === 'send').length < sends) await setTimeout(5);
    started.child.kill('SIGKILL');
    await started.ended;
  }
  return start().ended;
}
