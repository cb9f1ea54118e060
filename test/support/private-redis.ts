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
  /** Where it takes TLS alone; null where it was not asked for. */
  readonly tlsPort: number | null;
  /** One command on a connection of its own, e.g. `['GET', 'x']`. */
  command(...words: readonly string[]): Promise<unknown>;
  flush(): Promise<void>;
  /** SIGSTOP: connections stay open and nothing is answered. */
  freeze(): void;
  thaw(): void;
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** `tls`: files in PEM; clients have to show a certificate where `asks` is set. */
export interface PrivateRedisOptions {
  readonly password?: string;
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca: string; readonly asks?: boolean };
}

export async function startPrivateRedis(options: PrivateRedisOptions = {}): Promise<PrivateRedis> {
  const server = findProgram(['redis-server', 'valkey-server']);
  if (server === null) throw new Error('no redis-server is installed');
  const port = await freePort();
  const auth = options.password === undefined ? [] : ['--requirepass', options.password];
  const tlsPort = options.tls === undefined ? null : await freePort();
  const secured = tlsPort === null ? [] : [...tlsFlags(options), '--tls-port', String(tlsPort)];
  let kept: KeptServer | null = null;
  let pid = 0;
  const redis: PrivateRedis = {
    url: `redis://${options.password === undefined ? '' : `:${encodeURIComponent(options.password)}@`}127.0.0.1:${port}`,
    port,
    tlsPort,
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
      const command = [server, ...place, '--save', '', '--appendonly', 'no', ...auth, ...secured];
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

function tlsFlags({ tls }: PrivateRedisOptions): string[] {
  if (tls === undefined) return [];
  const files = ['--tls-cert-file', tls.cert, '--tls-key-file', tls.key, '--tls-ca-cert-file', tls.ca];
  return [...files, '--tls-auth-clients', tls.asks === true ? 'yes' : 'no'];
}
