/**
 * One measured run in a process of its own, so that neither heap nor caches of the run before are in it.
 * Usage: node test/bench/debit-once.ts floor|engine STORE_URL GATEWAY_URL, the key in DAYBREAK_GATEWAY_KEY.
 */
import { openEngine } from './debit-engine.ts';
import type { OpenDebit } from './debit-run.ts';
import { openMysqlFloor } from './floor-mysql.ts';
import { openSqliteFloor } from './floor-sqlite.ts';

export interface DebitFigures {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakRssMb: number;
}

const [who, storeUrl = '', gatewayUrl = ''] = process.argv.slice(2);
const floor: OpenDebit = storeUrl.startsWith('sqlite:') ? openSqliteFloor : openMysqlFloor;
const run = await (who === 'engine' ? openEngine : floor)({
  storeUrl,
  gatewayUrl,
  gatewayKey: process.env.DAYBREAK_GATEWAY_KEY ?? '',
});
const startedMs = performance.now();
const cpu = process.cpuUsage();
await run.debit();
const { user, system } = process.cpuUsage(cpu);
const seconds = (performance.now() - startedMs) / 1_000;
await run.close();
const figures: DebitFigures = {
  seconds,
  cpuSeconds: (user + system) / 1e6,
  peakRssMb: process.resourceUsage().maxRSS / 1024,
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
