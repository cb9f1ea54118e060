import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { findProgram } from '../run/find-program.ts';
import { type KeptServer, keepServer } from '../run/keep-server.ts';
import { canConnect } from '../run/private-servers.ts';
import { freePort } from './free-port.ts';
import { redisCommand } from './redis-command.ts';

/** A Redis of this test's own, which may be flushed, frozen, killed and started anew; the one of the run may not. */
export interface PrivateRedis {
  readonly url: string;
  readonly port: number;
  /** One command on a connection of its own, e.g. `['GET', 'x']`. */
  command(...words: readonly string[]): Promise<unknown>;
  flush(): Promise<void>;
  /** SIGSTOP: connections stay open and nothing is answered. */
  freeze(): void;
  thaw(): void;
  kill(): Promise<void>;
  start(): Promise<void>;
}

export async function startPrivateRedis(options: { password?: string } = {}): Promise<PrivateRedis> {
  const server = findProgram(['redis-server', 'valkey-server']);
  if (server === null) throw new Error('no redis-server is installed');
  const port = await freePort();
  const auth = options.password === undefined ? [] : ['--requirepass', options.password];
  let kept: KeptServer | null = null;
  let pid = 0;
  const redis: PrivateRedis = {
    url: `redis://${options.password === undefined ? '' : `:${encodeURIComponent(options.password)}@`}127.0.0.1:${port}`,
    port,
    command: (...words) => redisCommand(port, words, options.password),
    async flush() {
      await redis.command('FLUSHALL');
    },
    freeze: () => void process.kill(pid, 'SIGSTOP'),
    thaw: () => void process.kill(pid, 'SIGCONT'),
    async kill() {
      process.kill(pid, 'SIGKILL');
      await kept?.stop();
      kept = null;
    },
    async start() {
      const folder = mkdtempSync(join(tmpdir(), 'daybreak-redis-'));
      const place = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder];
      const command = [server, ...place, '--save', '', '--appendonly', 'no', ...auth];
      kept = await keepServer({ command, folder, isReady: () => canConnect({ host: '127.0.0.1', port }) });
      pid = Number(/process_id:(\d+)/.exec(String(await redis.command('INFO', 'server')))?.[1]);
    },
  };
  await redis.start();
  onTestFinished(async () => {
    if (kept === null) return;
    redis.thaw();
    await kept.stop();
  });
  return redis;
}
