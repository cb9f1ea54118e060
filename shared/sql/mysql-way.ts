import { connect, type Socket } from 'node:net';
import type { ConnectionOptions } from 'mysql2';
import { readTlsMaterial, verifiedName } from '../tls/tls-files.ts';
import type { MysqlPlace } from './mysql-place.ts';

/** What the driver needs to reach a server: every connection to a database is made with it. */
export type MysqlWay = Pick<
  ConnectionOptions,
  'host' | 'port' | 'user' | 'password' | 'database' | 'ssl' | 'stream' | 'enableKeepAlive' | 'keepAliveInitialDelay'
>;

const KEEP_ALIVE_MS = 10_000;

/** Reads the files that the URL names, once. Throws BAD_OPTION. */
export function wayTo(place: MysqlPlace): MysqlWay {
  const { host, port, user, password, database, tls } = place;
  const keepAlive = { enableKeepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS };
  const plain = { host, port, user, password, database, ...keepAlive };
  if (tls === null) return plain;
  const { pem } = readTlsMaterial(tls, `the URL of the database ${place.label}`);
  if (!tls.verified) return { ...plain, ssl: { ...pem, rejectUnauthorized: false } };
  return {
    ...plain,
    // What the driver verifies is its `host`, or "localhost" where that is an address; where to is said by `stream`.
    host: verifiedName(tls.name ?? host),
    stream: (): Socket => connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS }),
    // Without `verifyIdentity` the driver takes any certificate of the CA, whoever it is for.
    ssl: { ...pem, rejectUnauthorized: true, verifyIdentity: true },
  };
}
