import { expect } from 'vitest';
import { bookedSoFar } from '../night-killer.ts';
import { type PrivateMariadb, startPrivateMariadb } from '../private-mariadb.ts';
import { type PrivateRedis, startPrivateRedis } from '../private-redis.ts';
import { redisUrl } from '../servers.ts';
import { type Fault, type Stage, sleep } from './fault.ts';
import { LINK_FAULTS } from './faults-of-links.ts';
import { PROCESS_FAULTS } from './faults-of-processes.ts';
import { SERVER_FAULTS } from './faults-of-servers.ts';
import { type Cluster, givenCluster, story } from './given-cluster.ts';

export const FAULTS: readonly Fault[] = [...PROCESS_FAULTS, ...SERVER_FAULTS, ...LINK_FAULTS];

export interface Scale {
  readonly awayMs: number;
  readonly nuisanceMs: number;
  /** Production's times of silence instead of a test's. */
  readonly production: boolean;
}

/** Away: longer than a slice's lease of 10 s and than a test's 6 s until an executor is gone. */
export const IN_SECONDS: Scale = { awayMs: 12_000, nuisanceMs: 3_000, production: false };
/** Away: longer than the 90 s after which an executor is gone. */
export const IN_MINUTES: Scale = { awayMs: 100_000, nuisanceMs: 15_000, production: true };

const REQUESTS_PER_SECOND = 12;
const CHUNK_SIZE = 3;
/** Two debits each; the rate alone makes a night of them last so long, whatever the machine. */
const contractsFor = (seconds: number): number => Math.ceil((seconds * 0.9 * REQUESTS_PER_SECOND * CHUNK_SIZE) / 2);

/**
 * A night of two schedulers and three executors, through one fault after the other, each in the middle of it. In the
 * end every plan is settled, conservation holds, and a judge that shares no code with the system finds nothing.
 */
export async function nightUnderFaults(ids: readonly string[], scale: Scale): Promise<void> {
  const faults = ids.map(faultOf);
  const contracts = contractsFor(lastsMs(faults, scale) / 1_000);
  const needs = new Set(faults.flatMap((fault) => fault.needs ?? []));
  await using closing = new AsyncDisposableStack();
  const mariadb = needs.has('MariaDB') ? await ownMariadb(closing) : null;
  const redis: PrivateRedis | null = needs.has('Redis') ? await startPrivateRedis() : null;
  const cluster = await givenCluster({
    contracts,
    requestsPerSecond: REQUESTS_PER_SECOND,
    chunkSize: CHUNK_SIZE,
    redisUrl: redis?.url ?? redisUrl(),
    production: scale.production,
    ...(mariadb === null ? {} : { storeUrl: mariadb.url.replace('root@', 'app@') }),
  });
  closing.defer(() => cluster.close());
  const notes: string[] = [];
  const stage: Stage = { cluster, mariadb, redis, ...scale, note: (text) => notes.push(text) };

  await cluster.start();
  const fire = cluster.fireNight();
  await fire.start();
  while (bookedSoFar(cluster.books) === 0 && fire.isRunning) await sleep(20);
  for (const fault of faults) {
    const before = bookedSoFar(cluster.books);
    if (!fire.isRunning) {
      const missed = `${fault.id} was not met: the night had ended`;
      // A night for one fault that it does not meet shows nothing.
      if (faults.length === 1) throw new Error(`${missed}\n${story(await fire.ended())}\n${lastLines(cluster)}`);
      // A machine that takes that long for the faults before: what was done to the night is judged all the same.
      notes.push(missed);
      continue;
    }
    const startedMs = performance.now();
    await fault.act(stage);
    const tookMs = Math.round(performance.now() - startedMs);
    notes.push(
      `${fault.id} ${fault.what}: ${tookMs} ms, debits booked ${before} before, ${bookedSoFar(cluster.books)} after`,
    );
  }
  const healedMs = performance.now();
  const end = await fire.ended();
  notes.push(`healed; the night ended ${Math.round(performance.now() - healedMs)} ms later with ${end.code}`);
  console.log(notes.join('\n'));
  expect(end.code, `${notes.join('\n')}\n${story(end)}\n${lastLines(cluster)}`).toBe(0);
  expect(await cluster.findings(), notes.join('\n')).toEqual([]);
}

/** What the faults take together, and the starts between them. */
function lastsMs(faults: readonly Fault[], { awayMs, nuisanceMs, production }: Scale): number {
  // Where nothing may be missed, also on a busy machine: with 4 s a night was over before the last node had come back.
  const startsMs = (starts: number): number => (production ? starts * 20_000 : 4_000);
  return faults.reduce(
    (sum, { lasts, starts = 1 }) => sum + startsMs(starts) + (lasts === 'away' ? awayMs : nuisanceMs),
    0,
  );
}

function faultOf(id: string): Fault {
  const fault = FAULTS.find((one) => one.id === id);
  if (fault === undefined) throw new Error(`no fault is called ${id}: there are ${FAULTS.map((one) => one.id)}`);
  return fault;
}

/** Its users are bound by read_only, and by the number of connections; root is not. */
async function ownMariadb(closing: AsyncDisposableStack): Promise<PrivateMariadb> {
  const mariadb = await startPrivateMariadb(['--max-connections=200']);
  closing.defer(() => mariadb.end());
  await mariadb.admin(
    `create user app@'127.0.0.1'`,
    `grant all on daybreak_private.* to app@'127.0.0.1'`,
    `create user crowd@'127.0.0.1'`,
  );
  return mariadb;
}

const lastLines = ({ executors, schedulers }: Cluster): string =>
  [...schedulers, ...executors].map((node) => `${node.name}: ${node.output().slice(-1_500)}`).join('\n');
