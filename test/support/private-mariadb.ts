import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { findProgram } from '../run/find-program.ts';
import { type KeptServer, keepServer } from '../run/keep-server.ts';
import { canConnect, memoryFolder } from '../run/private-servers.ts';
import { freePort } from './free-port.ts';

/** A MariaDB of this test's own, which may be killed, frozen, made read-only and started anew; the run's may not. */
export interface PrivateMariadb {
  /** Of a database that is there and empty. */
  readonly url: string;
  readonly port: number;
  /** Runs statements as root over a connection of its own. */
  admin(...statements: readonly string[]): Promise<unknown>;
  /** SIGKILL; resolves when it is gone. What it had promised to keep lies in its folder. */
  kill(): Promise<void>;
  /** On the same port and folder as before; resolves when it answers. */
  start(): Promise<void>;
  /** Ends it and takes its folder away. */
  end(): Promise<void>;
}

const DATABASE = 'daybreak_private';

export async function startPrivateMariadb(extra: readonly string[] = []): Promise<PrivateMariadb> {
  const [server, installer] = [findProgram(['mariadbd']), findProgram(['mariadb-install-db'])];
  if (server === null || installer === null) throw new Error('no mariadbd is installed');
  // A process that is killed loses nothing that memory holds, and no disk is waited for.
  const folder = mkdtempSync(join(memoryFolder() ?? tmpdir(), 'daybreak-private-mariadb-'));
  const user = process.getuid?.() === 0 ? [`--user=${userInfo().username}`] : [];
  const shared = ['--no-defaults', `--datadir=${join(folder, 'data')}`, ...user];
  const made = spawnSync(installer, [...shared, '--auth-root-authentication-method=normal', '--skip-test-db'], {
    encoding: 'utf8',
  });
  if (made.status !== 0) throw new Error(`${installer} failed: ${made.stderr || made.stdout}`);

  const port = await freePort();
  const pidFile = join(folder, 'pid');
  let kept: KeptServer | null = null;
  const db: PrivateMariadb = {
    url: `mysql://root@127.0.0.1:${port}/${DATABASE}`,
    port,
    async admin(...statements) {
      const connection = await createConnection({ host: '127.0.0.1', port, user: 'root' });
      let rows: unknown;
      try {
        for (const text of statements) [rows] = await connection.query(text);
      } finally {
        await connection.end();
      }
      return rows;
    },
    async kill() {
      process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGKILL');
      await kept?.stop();
      kept = null;
    },
    async start() {
      const place = [`--socket=${join(folder, 'socket')}`, `--pid-file=${pidFile}`, `--port=${port}`];
      const small = ['--bind-address=127.0.0.1', '--skip-log-bin', '--innodb-buffer-pool-size=32M'];
      kept = await keepServer({
        command: [server, ...shared, ...place, ...small, ...extra],
        // A keeper takes its folder away when it stops; the data are to be there for the next start.
        folder: mkdtempSync(join(tmpdir(), 'daybreak-private-mariadb-log-')),
        isReady: () => canConnect({ host: '127.0.0.1', port }),
      });
    },
    async end() {
      await kept?.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await db.start();
  await db.admin(`create database if not exists ${DATABASE}`);
  return db;
}
