import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { findProgram } from './find-program.ts';
import { type KeptServer, keepServer } from './keep-server.ts';

export type PrivateServer = { readonly address: string; readonly stop: () => Promise<void> };

const HOST = '127.0.0.1';
const PORT_TRIES_MAX = 3;
const LOG_MB = 32;

const MEMORY = '/dev/shm';
// A new server has 50 MB, the tables of a scheduler and an executor 7 MB: room for two hundred databases at once.
const MEMORY_BYTES_MIN = 2 * 2 ** 30;

/** Where a server may keep its files in memory; null without such a place, or with too little room. */
export function memoryFolder(): string | null {
  // A machine without it, or where it is somebody else's: the disk does as well.
  if (!existsSync(MEMORY)) return null;
  const { bavail, bsize } = statfsSync(MEMORY);
  const bytes = Math.min(bavail * bsize, process.availableMemory());
  return bytes >= MEMORY_BYTES_MIN && isWritable(MEMORY) ? MEMORY : null;
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * A MariaDB or MySQL of our own in a folder of its own, root without a password; null when none is installed. It keeps
 * what it has committed as the stores demand it, and in memory that costs no waiting for a disk.
 */
export async function startMariadb(home = tmpdir()): Promise<PrivateServer | null> {
  const server = findProgram(['mariadbd', 'mysqld']);
  if (server === null) return null;
  const folder = mkdtempSync(join(home, 'daybreak-mariadb-'));
  // The system's configuration would bring in its folders, its user and its port. As root the server wants to be told.
  const shared = [
    '--no-defaults',
    `--datadir=${join(folder, 'data')}`,
    ...(process.getuid?.() === 0 ? [`--user=${userInfo().username}`] : []),
    `--innodb-log-file-size=${LOG_MB}M`,
  ];
  makeDataFolder(server, shared, folder);
  const options = [
    '--skip-log-bin',
    '--innodb-buffer-pool-size=64M',
    // Several test files work at once, each with a cluster's processes.
    '--max-connections=500',
    `--bind-address=${HOST}`,
  ];
  const place = [`--socket=${join(folder, 'socket')}`, `--pid-file=${join(folder, 'pid')}`];
  const started = await startOnFreePort(folder, (port) => [server, ...shared, ...options, ...place, `--port=${port}`]);
  return { address: `mysql://root@${HOST}:${started.port}`, stop: started.stop };
}

function makeDataFolder(server: string, shared: readonly string[], folder: string): void {
  const installer = findProgram(['mariadb-install-db']);
  const [command, args] =
    installer === null
      ? [server, [...shared, '--initialize-insecure']]
      : [installer, [...shared, '--auth-root-authentication-method=normal', '--skip-test-db']];
  const made = spawnSync(command, args, { encoding: 'utf8' });
  if (made.status === 0) return;
  rmSync(folder, { recursive: true, force: true });
  throw new Error(`${command} could not make a data folder for the tests: ${made.stderr || made.stdout || made.error}`);
}

/** A Redis of our own that keeps nothing; null when none is installed. */
export async function startRedis(): Promise<PrivateServer | null> {
  const server = findProgram(['redis-server', 'valkey-server']);
  if (server === null) return null;
  const folder = mkdtempSync(join(tmpdir(), 'daybreak-redis-'));
  const options = ['--bind', HOST, '--save', '', '--appendonly', 'no', '--dir', folder];
  const started = await startOnFreePort(folder, (port) => [server, '--port', String(port), ...options]);
  return { address: `redis://${HOST}:${started.port}`, stop: started.stop };
}

type Started = KeptServer & { readonly port: number };

// Between finding a free port and the server taking it lies a moment in which somebody else can.
async function startOnFreePort(folder: string, commandFor: (port: number) => string[]): Promise<Started> {
  for (let tries = 1; ; tries += 1) {
    const port = await freePort();
    try {
      const kept = await keepServer({
        command: commandFor(port),
        folder,
        isReady: () => canConnect({ host: HOST, port }),
      });
      return { ...kept, port };
    } catch (cause) {
      if (tries < PORT_TRIES_MAX) continue;
      rmSync(folder, { recursive: true, force: true });
      throw cause;
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer().once('error', fail);
    server.listen(0, HOST, () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });
}

/** Whether somebody listens there. */
export function canConnect({ host, port }: { host: string; port: number }): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ host, port, timeout: 2_000 });
    const answer = (isThere: boolean) => {
      socket.destroy();
      done(isThere);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
    socket.once('timeout', () => answer(false));
  });
}
