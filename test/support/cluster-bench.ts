import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { createMysqlDatabase } from './mysql-database.ts';
import { type Bench, type Ended, nightBench, type Started } from './night-command.ts';

/** The processes of a cluster as a user starts them, in a folder and on a database of their own. */
export interface ClusterBench extends Bench {
  readonly storeUrl: string;
  /** Ports that were free a moment ago: whoever is started first has to know where the others will be. */
  readonly ports: { readonly gateway: number; readonly schedulers: readonly [number, number] };
  /** `--schedulers ... --access-token-file ...`, as `fire` and `status` need them. */
  readonly asOperator: readonly string[];
  /** `--store ... --cluster ... --wait ...` */
  readonly ofCluster: readonly string[];
  /** `--gateway ... --gateway-key-file ...` */
  readonly atGateway: readonly string[];
  gateway(...more: string[]): Started;
  scheduler(n: 0 | 1, ...more: string[]): Started;
  executor(name: string, ...more: string[]): Started;
  fire(...more: string[]): Started;
  drop(): Promise<void>;
}

export async function clusterBench(): Promise<ClusterBench> {
  const bench = nightBench();
  const database = await createMysqlDatabase();
  const [gateway, first, second] = [await freePort(), await freePort(), await freePort()];
  const [token, key] = [join(bench.dir, 'access-token'), join(bench.dir, 'gateway-key')];
  writeFileSync(token, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
  writeFileSync(key, `${randomBytes(16).toString('hex')}\n`, { mode: 0o600 });
  const schedulers = [first, second].map((port) => `http://127.0.0.1:${port}`).join(',');
  const asOperator = ['--schedulers', schedulers, '--access-token-file', token];
  // A database belongs to the first cluster that is named in it, and so does what a Redis is told of it.
  const store = ['--store', database.url, '--cluster', database.name, ...WAIT];
  const atGateway = ['--gateway', `http://127.0.0.1:${gateway}`, '--gateway-key-file', key];
  return {
    ...bench,
    storeUrl: database.url,
    ports: { gateway, schedulers: [first, second] },
    asOperator,
    ofCluster: store,
    atGateway,
    gateway: (...more) =>
      bench.start(['gateway', '--port', String(gateway), '--gateway-key-file', key, '--books', 'books.db', ...more]),
    scheduler: (n, ...more) =>
      bench.start([
        ...['scheduler', '--settlement', '--port', String([first, second][n]), '--access-token-file', token],
        ...[...store, ...more],
      ]),
    executor: (name, ...more) =>
      bench.start([
        ...['executor', '--settlement', '--port', '0', '--data-dir', name, '--heartbeat-ms', '1000'],
        ...[...store, ...asOperator, ...atGateway, ...more],
      ]),
    fire: (...more) => bench.start(['fire', 'nightly-settlement', '--date', '2026-11-20', ...asOperator, ...more]),
    async drop() {
      bench.remove();
      await database.drop();
    },
  };
}

/** A loaded machine takes its time to start so many processes. */
const WAIT = ['--wait', '240'];

/** Asks a process to end, and waits until it has. */
export function endWith(started: Started, signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
  started.child.kill(signal);
  return started.ended;
}
