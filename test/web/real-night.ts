import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createExecutor, defineHandler, type Executor } from '../../executor/index.ts';
import { silentLogger } from '../../shared/logger.ts';
import { removeDir } from '../support/given-executor.ts';
import { nightBench } from '../support/night-command.ts';
import { ODD_STRINGS } from './fake-night.ts';

/** `daybreak dev` as a person starts it: its own process and an embedded store. */
export interface RealScheduler {
  readonly url: string;
  /** Until somebody can log in. */
  readonly setupLink: string;
  /** Ends it and starts it again in its folder and at its address, as somebody does who changes an option. */
  startAgain(faults: Faults): Promise<void>;
  stop(): Promise<void>;
}

type Faults = keyof typeof NIGHT_LASTS;

/** moderate settles everything, and waits for the slowest machine; unsettled leaves items to people at its cut-off. */
const NIGHT_LASTS = { moderate: '600', unsettled: '20' } as const;

/** Nights are fired by a person, on the page; the cron is for a year that nobody here will see. */
const DEV = ['dev', '--json', '--cron', '0 0 0 1 1 ? 2099'];

export async function startRealScheduler(first: Faults): Promise<RealScheduler> {
  const bench = nightBench();
  const start = async (faults: Faults, port: string) => {
    const started = bench.start([...DEV, '--faults', faults, '--night-lasts', NIGHT_LASTS[faults], '--port', port]);
    await started.shows('"executor_joined"');
    return started;
  };
  let running = await start(first, '0');
  const setupLink = /"setup_link","url":"([^"]+)"/.exec(running.output())?.[1] ?? '';
  const url = new URL('/', setupLink);
  const end = async () => {
    running.child.kill('SIGTERM');
    await running.ended;
  };
  return {
    url: url.href,
    setupLink,
    async startAgain(faults) {
      await end();
      running = await start(faults, url.port);
    },
    async stop() {
      await end();
      bench.remove();
    },
  };
}

export const COUNTED = 'counted 40 coins';
export const SWEPT = 'under the carpet';
const LOCKED = 'the till is locked';
/** What people and handlers say in these nights, in whatever language the page is. */
export const SAID: readonly string[] = [LOCKED, 'the bank says so by telephone'];
export const LINES = Object.values(ODD_STRINGS);

/** Somebody's own executor, started with the command that the page shows. Its shard 2 of 3 always fails. */
export async function startOwnExecutor(group: string, command: string): Promise<Executor & AsyncDisposable> {
  const read = (name: string): string => new RegExp(`${name}=(\\S+)`).exec(command)?.[1] ?? '';
  const dataDir = mkdtempSync(join(tmpdir(), 'daybreak-page-executor-'));
  const executor = createExecutor({
    appname: group,
    schedulers: [read('DAYBREAK_SCHEDULERS')],
    joinToken: read('DAYBREAK_JOIN_TOKEN'),
    port: 0,
    dataDir,
    heartbeatIntervalMs: 1_000,
    logger: silentLogger,
    handlers: [
      defineHandler('count-coins', async (ctx) => {
        for (const line of LINES) ctx.log.info(line);
        if (ctx.shardIndex === 1) throw new Error(`${LOCKED} ${ODD_STRINGS.image} ${ODD_STRINGS.rightToLeft}`);
        ctx.log.info(COUNTED);
      }),
      defineHandler('sweep-floor', async (ctx) => {
        ctx.log.info(SWEPT);
        return 'swept';
      }),
    ],
  });
  await executor.start();
  return Object.assign(executor, {
    async [Symbol.asyncDispose]() {
      await executor.stop();
      await removeDir(dataDir);
    },
  });
}
