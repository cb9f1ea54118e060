import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { createAdmin } from '../../scheduler/api/admin/create-admin.ts';
import { createHttpApi } from '../../scheduler/api/http-api.ts';
import { countRuns } from '../../scheduler/count/count-runs.ts';
import { createGroupsApi } from '../../scheduler/registry/groups-api.ts';
import { createKeyring } from '../../scheduler/registry/keyring.ts';
import { silentLogger } from '../../shared/logger.ts';
import { createMetrics } from '../../shared/metrics.ts';
import { NO_HINTS } from '../../shared/redis/hints.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import { givenContext } from '../support/given-scheduler-context.ts';
import { BENCH_SERVER, type BenchDialect } from './bench-stores.ts';
import { type PlantedRuns, plantRuns } from './plant-runs.ts';

export interface ListFigures {
  readonly list: string;
  /** The slowest and the middle of the times asked, ms, over HTTP's own parsing and the answer as JSON. */
  readonly p50Ms: number;
  readonly maxMs: number;
  /** The first answer of a process, which reads every definition once. */
  readonly firstMs: number;
}

const TIMES = 15;
const TOKEN = 'bench-0123456789abcdefghijklmnop';
const PASSWORD = 'correct horse battery';
const DAY_MS = 86_400_000;

/** Every list of the admin over a store with so many jobs and runs. */
export async function measureLists(dialect: BenchDialect, size: PlantedRuns): Promise<ListFigures[]> {
  const place = await placeOf(dialect);
  const runtime = systemRuntime();
  const store = await openSqlStore(place.url, { runtime, logger: silentLogger });
  try {
    const { endMs } = await plantRuns(store, size);
    const ctx = givenContext(store, {}, { runtime });
    await countRuns(ctx, new AbortController().signal);
    const tokens = { accessToken: TOKEN, previousAccessToken: null };
    const keyring = createKeyring({ store, clock: runtime.clock, ...tokens });
    let link = '';
    const admin = createAdmin(
      ctx,
      { requestsPerSecond: 1_000_000, onSetupLink: ({ url }) => (link = url) },
      {
        groups: createGroupsApi(ctx, { keyring, ...tokens }),
        joins: null,
        ...tokens,
        arrivalRoots: [],
        hints: NO_HINTS,
        url: () => '',
      },
    );
    const metrics = createMetrics();
    const api = createHttpApi(ctx, { ...tokens, keyring, metrics, status: async () => ({}), admin });
    await api.ready();
    await admin.announce('http://127.0.0.1/');
    const headers = { host: '127.0.0.1', 'content-type': 'application/json' };
    const payload = JSON.stringify({ token: link.split('#')[1], name: 'root', password: PASSWORD });
    const setup = await api.inject({ method: 'POST', url: '/api/v1/setup', headers, payload });
    const cookie = String(setup.headers['set-cookie']).split(';')[0] ?? '';
    const ask = async (url: string): Promise<{ ms: number; body: string }> => {
      const before = performance.now();
      const response = await api.inject({ method: 'GET', url: `/api/v1${url}`, headers: { ...headers, cookie } });
      if (response.statusCode !== 200) throw new Error(`${url}: ${response.statusCode} ${response.body.slice(0, 200)}`);
      return { ms: performance.now() - before, body: response.body };
    };
    const figures: ListFigures[] = [];
    for (const list of listsOf(endMs, size)) figures.push(await measure(list, ask));
    await api.close();
    metrics.close();
    return figures;
  } finally {
    await store.close();
    await place.remove();
  }
}

function listsOf(endMs: number, { runs }: PlantedRuns): string[] {
  const dayBefore = (days: number): string => new Date(endMs - days * DAY_MS).toISOString().slice(0, 10);
  const day = dayBefore(10);
  const middle = Buffer.from(JSON.stringify([0, Math.floor(runs / 2)])).toString('base64url');
  const recent = `fromMs=${endMs - DAY_MS}&toMs=${endMs}`;
  return [
    '/jobs',
    '/jobs?search=job-00999&limit=200',
    '/jobs?tag=tag-3&owner=owner-5',
    '/jobs/77',
    '/runs',
    `/runs?after=${middle}`,
    '/runs?sweeps=without',
    '/runs?state=bad',
    '/runs?state=open',
    '/runs?jobId=77',
    '/runs?jobId=77&state=failed',
    '/runs?jobId=77&sort=duration',
    '/runs?jobId=77&sort=lateness&order=asc',
    '/runs?group=group-3',
    '/runs?group=group-3&state=failed',
    `/runs?businessDate=${day}`,
    `/runs?${recent}`,
    `/runs?${recent}&sort=duration`,
    `/runs?${recent}&sort=lateness`,
    `/runs?fromMs=${endMs - 60 * DAY_MS}&toMs=${endMs - 59 * DAY_MS}`,
    `/runs/${Math.floor(runs / 2)}`,
    '/tonight',
    '/groups',
    '/jobs/77/fires',
    `/reports/runs?by=job&from=${dayBefore(1)}&to=${dayBefore(0)}`,
    `/reports/runs?by=job&limit=200&from=${dayBefore(89)}&to=${dayBefore(0)}`,
    `/reports/runs?by=day&from=${dayBefore(89)}&to=${dayBefore(0)}`,
    `/reports/runs?by=day&jobId=77&from=${dayBefore(89)}&to=${dayBefore(0)}`,
    '/jobs/filters',
    '/executors',
    '/audit',
    '/alarms',
    '/chain-runs',
  ];
}

async function measure(list: string, ask: (url: string) => Promise<{ ms: number }>): Promise<ListFigures> {
  const first = await ask(list);
  const times: number[] = [];
  for (let n = 0; n < TIMES; n++) times.push((await ask(list)).ms);
  times.sort((a, b) => a - b);
  return { list, firstMs: first.ms, p50Ms: times[Math.floor(TIMES / 2)] ?? 0, maxMs: times.at(-1) ?? 0 };
}

async function placeOf(dialect: BenchDialect): Promise<{ url: string; remove(): Promise<void> }> {
  if (dialect === 'mysql') {
    const name = `daybreak_bench_admin_${process.pid}`;
    const onServer = async (text: string): Promise<void> => {
      const connection = await createConnection({ uri: BENCH_SERVER });
      await connection.query(text);
      await connection.end();
    };
    await onServer(`create database ${name}`);
    return { url: `${BENCH_SERVER}/${name}`, remove: () => onServer(`drop database ${name}`) };
  }
  const dir = mkdtempSync(join(tmpdir(), 'daybreak-admin-'));
  return {
    url: `sqlite:${join(dir, 'scheduler.db')}`,
    remove: async () => rmSync(dir, { recursive: true, force: true }),
  };
}
