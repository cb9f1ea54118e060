import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyMysqlStore } from '../copy-mysql-store.ts';
import { freePort } from '../free-port.ts';
import { createMysqlDatabase } from '../mysql-database.ts';
import { auditBooks, auditOrder, auditStore, lostPlans } from '../night-audit.ts';
import { planFile } from '../night-command.ts';
import { createTcpProxy, type TcpProxy } from '../tcp-proxy.ts';
import { type ClusterProcess, createClusterProcess, type ProcessEnd } from './cluster-process.ts';

/** A scheduler or an executor, and the links over which it reaches others and is reached: each has a proxy of its own. */
export interface ClusterNode extends ClusterProcess {
  readonly links: {
    readonly store: TcpProxy;
    /** Null in a cluster without Redis. */
    readonly redis: TcpProxy | null;
    /** Executors only: to the gateway. */
    readonly gateway: TcpProxy | null;
    /** Executors only: to each scheduler, in their order. */
    readonly schedulers: readonly TcpProxy[];
    /** The others reach it through this. */
    readonly inbound: TcpProxy;
  };
  readonly url: string;
}

export interface ClusterOptions {
  readonly schedulers?: number;
  readonly executors?: number;
  /** Of the server; default: an empty database on the run's. */
  readonly storeUrl?: string;
  readonly redisUrl?: string | null;
  /** Contracts of the plan file: a premium and a principal each. Default 300. */
  readonly contracts?: number;
  readonly faults?: 'none' | 'moderate' | 'hostile';
  /** What the gateway says it takes. Default 2,000. */
  readonly requestsPerSecond?: number;
  readonly chunkSize?: number;
  /** With production's times of silence instead of a test's. */
  readonly production?: boolean;
  readonly schedulerWords?: readonly string[];
  readonly executorWords?: readonly string[];
}

export interface Cluster {
  readonly dir: string;
  readonly storeUrl: string;
  readonly plans: string;
  readonly books: string;
  readonly gateway: ClusterProcess;
  readonly schedulers: readonly ClusterNode[];
  readonly executors: readonly ClusterNode[];
  /** Starts all of them, the gateway first; each waits for what it needs. */
  start(): Promise<void>;
  /** `daybreak fire nightly-settlement --wait`; `ended` resolves with its exit code and output. */
  fireNight(): ClusterProcess;
  /** What is wrong with the store, the books and the plans, counted anew by a judge that shares no code with them. */
  findings(more?: { readonly ended?: boolean }): Promise<readonly string[]>;
  /** A count by SQL on the business tables, over a connection of its own. */
  count(sql: string): Promise<number>;
  close(): Promise<void>;
}

export const BUSINESS_DATE = '2026-11-20';
/** At a scale at which a test waits for seconds where a cluster waits for a minute and a half. */
const SCALED = {
  scheduler: ['--silent-after-ms', '3000', '--gone-after-ms', '6000'],
  executor: ['--heartbeat-ms', '1000'],
} as const;

export async function givenCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const dir = mkdtempSync(join(tmpdir(), 'daybreak-cluster-'));
  const database = options.storeUrl === undefined ? await createMysqlDatabase() : null;
  const storeUrl = options.storeUrl ?? database?.url ?? '';
  const redisUrl = options.redisUrl ?? null;
  const plans = join(dir, 'plans.csv');
  writeFileSync(plans, planFile(options.contracts ?? 300));
  const books = join(dir, 'books.db');
  const env = {
    DAYBREAK_ACCESS_TOKEN: 'cluster-test-token-'.padEnd(40, 'x'),
    DAYBREAK_GATEWAY_KEY: 'cluster-test-key',
  };
  const proxies: TcpProxy[] = [];
  const proxyTo = async (url: string): Promise<TcpProxy> => {
    const { hostname, port } = new URL(url);
    const proxy = await createTcpProxy({ host: hostname, port: Number(port) });
    proxies.push(proxy);
    return proxy;
  };

  const gatewayPort = await freePort();
  const gateway = createClusterProcess({
    name: 'gateway',
    words: [
      ...['gateway', '--port', String(gatewayPort), '--books', books, '--faults', options.faults ?? 'moderate'],
      ...['--requests-per-second', String(options.requestsPerSecond ?? 2_000)],
    ],
    cwd: dir,
    env,
    upWhen: 'gateway simulator is up',
  });

  async function node(kind: 'scheduler' | 'executor', no: number, more: readonly string[], toSchedulers: string[]) {
    const port = await freePort();
    const store = await proxyTo(storeUrl);
    const redis = redisUrl === null ? null : await proxyTo(redisUrl);
    const gatewayLink = kind === 'executor' ? await proxyTo(`http://127.0.0.1:${gatewayPort}`) : null;
    const schedulerLinks: TcpProxy[] = [];
    for (const url of toSchedulers) schedulerLinks.push(await proxyTo(url));
    const inbound = await proxyTo(`http://127.0.0.1:${port}`);
    const url = `http://127.0.0.1:${inbound.port}`;
    const words = [
      ...[kind, '--store', through(storeUrl, store), '--port', String(port), '--address', `${url}/`, '--settlement'],
      ...(redis === null ? [] : ['--redis', `redis://127.0.0.1:${redis.port}`]),
      ...(options.production === true ? [] : SCALED[kind]),
      // A server gives out some 150 in all, and other clusters are tested beside this one.
      ...['--store-connections', '4'],
      ...(gatewayLink === null ? [] : ['--gateway', `http://127.0.0.1:${gatewayLink.port}`, '--gateway-name', 'sim']),
      ...(kind === 'scheduler'
        ? []
        : ['--gateway-timeout-ms', '2000', '--chunk-size', String(options.chunkSize ?? 20)]),
      ...(kind === 'scheduler'
        ? []
        : ['--schedulers', schedulerLinks.map((link) => `http://127.0.0.1:${link.port}`).join(',')]),
      ...(kind === 'scheduler'
        ? []
        : ['--data-dir', join(dir, `executor-${no}`), '--report-dir', join(dir, 'reports')]),
      ...more,
    ];
    const made = createClusterProcess({ name: `${kind}-${no}`, words, cwd: dir, env, upWhen: `${kind} is up` });
    const links = { store, redis, gateway: gatewayLink, schedulers: schedulerLinks, inbound };
    return withLinks(made, { links, url });
  }

  const schedulers: ClusterNode[] = [];
  for (let no = 1; no <= (options.schedulers ?? 2); no += 1) {
    schedulers.push(await node('scheduler', no, options.schedulerWords ?? [], []));
  }
  const urls = schedulers.map(({ url }) => url);
  const executors: ClusterNode[] = [];
  for (let no = 1; no <= (options.executors ?? 3); no += 1) {
    executors.push(await node('executor', no, options.executorWords ?? [], urls));
  }
  const fired: ClusterProcess[] = [];

  return {
    ...{ dir, storeUrl, plans, books, gateway, schedulers, executors },
    async start() {
      await Promise.all([gateway, ...schedulers, ...executors].map((each) => each.start()));
    },
    fireNight() {
      const words = ['fire', 'nightly-settlement', '--schedulers', urls.join(','), '--date', BUSINESS_DATE];
      const fire = createClusterProcess({
        name: 'fire',
        words: [...words, '--param', `plans=${plans}`, '--cut-off-minutes', '30', '--request-id', 'night', '--wait'],
        ...{ cwd: dir, env, upWhen: 'is fired' },
      });
      fired.push(fire);
      return fire;
    },
    async findings({ ended = true } = {}) {
      const store = join(dir, `judged-${Date.now()}.db`);
      await copyMysqlStore(storeUrl, store);
      const files = { store, books };
      return [
        ...auditBooks(books),
        ...auditOrder(files),
        ...auditStore(files, { ended }),
        ...lostPlans(files, readFileSync(plans, 'utf8').split('\n')),
      ];
    },
    count: (sql) => countBy(storeUrl, sql),
    async close() {
      const all = [...fired, ...executors, ...schedulers, gateway];
      await Promise.all(all.filter((each) => each.isRunning).map((each) => each.kill()));
      await Promise.all(proxies.map((proxy) => proxy.close()));
      await database?.drop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Getters of the process stay getters: spreading would freeze their values of now. */
function withLinks(made: ClusterProcess, more: Pick<ClusterNode, 'links' | 'url'>): ClusterNode {
  return Object.defineProperties({} as ClusterNode, {
    ...Object.getOwnPropertyDescriptors(made),
    ...Object.getOwnPropertyDescriptors(more),
  });
}

function through(url: string, { port }: TcpProxy): string {
  const there = new URL(url);
  there.hostname = '127.0.0.1';
  there.port = String(port);
  return there.toString();
}

async function countBy(url: string, sql: string): Promise<number> {
  const { createConnection } = await import('mysql2/promise');
  const connection = await createConnection({ uri: url });
  try {
    const [rows] = await connection.query({ sql, rowsAsArray: true });
    return Number((rows as unknown as number[][])[0]?.[0] ?? 0);
  } finally {
    await connection.end();
  }
}

/** All that a process printed, for the message of a failed expectation. */
export const story = (end: ProcessEnd): string => `exit ${end.code ?? end.signal}\n${end.output.slice(-6_000)}`;
