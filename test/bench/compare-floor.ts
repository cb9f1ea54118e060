import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { spawnGatewaySimulator } from '../../executor/examples/settlement/gateway-simulator/spawn-gateway-simulator.ts';
import { type BenchDialect, createBenchStores } from './bench-stores.ts';
import type { DebitFigures } from './debit-once.ts';
import { BATCH_DEBITS } from './debit-run.ts';
import { median } from './figures.ts';

const ONCE = fileURLToPath(new URL('./debit-once.ts', import.meta.url));
const KEY = 'bench-key';

export interface Comparison {
  readonly lines: number;
  readonly floor: readonly DebitFigures[];
  readonly engine: readonly DebitFigures[];
  /** The engine's speed over the floor's, medians of the same run. */
  readonly ratio: number;
  /** The floor's processor time over the engine's: what a busy machine disturbs least. */
  readonly cpuRatio: number;
}

/** Floor and engine in turns on copies of one store, against one gateway in a process of its own. */
export async function compareWithFloor(options: {
  dialect: BenchDialect;
  contracts: number;
  repetitions: number;
  nodeArgs?: readonly string[];
}): Promise<Comparison> {
  const stores = await createBenchStores(options.dialect, options.contracts);
  const gateway = await spawnGatewaySimulator({
    books: '',
    key: KEY,
    durability: 'none',
    capabilities: { batchMax: BATCH_DEBITS, maxRequestsPerSecond: 10_000 },
  });
  const results: Record<'floor' | 'engine', DebitFigures[]> = { floor: [], engine: [] };
  try {
    for (let n = 0; n < options.repetitions; n++) {
      for (const who of ['floor', 'engine'] as const) {
        const place = { storeUrl: await stores.next(), gatewayUrl: gateway.url, nodeArgs: options.nodeArgs ?? [] };
        results[who].push(await debitOnce(who, place));
      }
    }
  } finally {
    await gateway.close();
    await stores.remove();
  }
  const over = (figure: (run: DebitFigures) => number): number =>
    median(results.floor.map(figure)) / median(results.engine.map(figure));
  return {
    lines: options.contracts * 2,
    ...results,
    ratio: over(({ seconds }) => seconds),
    cpuRatio: over(({ cpuSeconds }) => cpuSeconds),
  };
}

/** One run in a process of its own. */
export async function debitOnce(
  who: string,
  place: { storeUrl: string; gatewayUrl: string; nodeArgs: readonly string[] },
): Promise<DebitFigures> {
  const args = [...(who === 'engine' ? place.nodeArgs : []), ONCE, who, place.storeUrl, place.gatewayUrl];
  const env = { ...process.env, DAYBREAK_GATEWAY_KEY: KEY };
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  return JSON.parse(stdout) as DebitFigures;
}
