import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawnGatewaySimulator } from '../../executor/examples/settlement/gateway-simulator/spawn-gateway-simulator.ts';
import { BATCH_DEBITS, BENCH_DATE } from './debit-run.ts';
import { writePlanFile } from './plan-generator.ts';

const COMMAND = fileURLToPath(new URL('../../deploy/bootstrap/daybreak.mjs', import.meta.url));
const KEY = 'bench-key';

export interface NightFigures {
  readonly lines: number;
  /** From the start of the command to its end: everything that a user waits for. */
  readonly seconds: number;
  readonly linesPerSecond: number;
  /** Of the process that works the night. */
  readonly peakRssMb: number;
}

/** A home folder in which nights are run, each against a gateway of its own: no night finds another's debits there. */
export interface NightPlace {
  readonly home: string;
  /** Runs one whole night: command, import, both legs, settlement file, reconciliation, report. */
  night(wanted: NightWanted): Promise<NightFigures>;
  remove(): void;
}

export interface NightWanted {
  readonly contracts: number;
  readonly firstContract?: number;
  readonly date?: string;
}

export function createNightPlace(): NightPlace {
  const home = mkdtempSync(join(tmpdir(), 'daybreak-bench-night-'));
  return {
    home,
    night: async (wanted) => {
      const books = join(home, 'books.sqlite');
      const gateway = await spawnGatewaySimulator({
        books,
        key: KEY,
        capabilities: { batchMax: BATCH_DEBITS, maxRequestsPerSecond: 10_000 },
      });
      try {
        return await runNight(home, gateway.url, wanted);
      } finally {
        await gateway.close();
        for (const tail of ['', '-wal', '-shm']) rmSync(`${books}${tail}`, { force: true });
      }
    },
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}

async function runNight(home: string, gatewayUrl: string, wanted: NightWanted): Promise<NightFigures> {
  const { contracts, firstContract = 1, date = BENCH_DATE } = wanted;
  const plans = join(home, `plans-${date}.csv`);
  await writePlanFile(plans, { contracts, firstContract, dueDate: date });
  const args = ['night', `--home=${home}`, `--date=${date}`, `--plans=${plans}`, `--gateway=${gatewayUrl}`, '--json'];
  const startedMs = performance.now();
  const child = spawn(process.execPath, [COMMAND, ...args], {
    env: { ...process.env, DAYBREAK_GATEWAY_KEY: KEY },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said = await endOf(child);
  const seconds = (performance.now() - startedMs) / 1_000;
  if (child.exitCode !== 0) throw new Error(`the night of ${date} ended with ${child.exitCode}: ${said.slice(-2_000)}`);
  rmSync(plans);
  const report = readFileSync(join(home, 'nights', date, 'report.json'), 'utf8');
  const { memory, file } = JSON.parse(report) as { memory: { peakRssBytes: number }; file: { accepted: number } };
  const lines = contracts * 2;
  if (file.accepted !== lines) throw new Error(`the night of ${date} took ${file.accepted} of ${lines} lines`);
  return { lines, seconds, linesPerSecond: lines / seconds, peakRssMb: memory.peakRssBytes / 2 ** 20 };
}

function endOf(child: ChildProcess): Promise<string> {
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-10_000);
  });
  return new Promise((resolve) => child.once('close', () => resolve(said)));
}
