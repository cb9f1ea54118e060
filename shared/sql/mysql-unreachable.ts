import { type DaybreakError, messageOf, StoreUnreachableError } from '../errors.ts';
import { tlsFault } from '../tls/tls-fault.ts';
import { isTlsWanted, isTooManyConnections } from './mysql-errors.ts';
import type { MysqlPlace } from './mysql-place.ts';

/** Why a server gave no connection, with the way out. What only somebody can mend is not worth waiting for. */
export function unreachable(place: MysqlPlace, error: unknown): DaybreakError {
  const code = (error as { code?: unknown }).code;
  const details = { host: place.host, port: place.port, code };
  const final = whyForGood(place, error, code);
  if (final !== null) return new StoreUnreachableError(final, { cause: error, details, retryable: false });
  if (isTooManyConnections(error)) {
    const text = `${serverOf(place)} has no connection left to give (${messageOf(error)}): raise max_connections, or open fewer from each process`;
    return new StoreUnreachableError(text, { cause: error, details });
  }
  // An error of all the addresses of a name has no message of its own.
  const why = messageOf(error) === '' ? String(code) : messageOf(error);
  return new StoreUnreachableError(
    `no connection to the database at ${atOf(place)} (${why}): is it running, and is the port right?`,
    { cause: error, details },
  );
}

const atOf = ({ host, port }: MysqlPlace): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;
const serverOf = (place: MysqlPlace): string => `the database server at ${atOf(place)}`;

function whyForGood(place: MysqlPlace, error: unknown, code: unknown): string | null {
  const { label, database } = place;
  const server = serverOf(place);
  const quoted = `\`${database.replaceAll('`', '``')}\``;
  if (code === 'ER_BAD_DB_ERROR') {
    return `${server} has no database "${database}": make it there with "create database ${quoted}", and grant the user of the URL all on ${quoted}.*`;
  }
  if (code === 'ER_DBACCESS_DENIED_ERROR') {
    // What it says of a database that is not there as well, to a user who may not know which there are.
    return `${server} knows the user of ${label} and gives no rights on a database "${database}": grant the user all on ${quoted}.*, and make the database if it is not there`;
  }
  return whyRefused(place, error);
}

// The second is MariaDB's for users of its own machine (unix_socket), and for some of those that it does not know.
const ACCESS_DENIED: ReadonlySet<unknown> = new Set(['ER_ACCESS_DENIED_ERROR', 'ER_ACCESS_DENIED_NO_PASSWORD_ERROR']);

/** Where a server is there and takes no connection of this kind, for want of a right or of TLS; null: something else. */
export function whyRefused(place: MysqlPlace, error: unknown): string | null {
  const code = (error as { code?: unknown }).code;
  const server = serverOf(place);
  if (ACCESS_DENIED.has(code)) {
    return `${server} refuses the user or the password of ${place.label}${orTls(place)}`;
  }
  if (isTlsWanted(error)) {
    return `${server} takes connections over TLS alone (require_secure_transport = ON): write tls=verified behind a "?" of the URL`;
  }
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT') {
    return `${server} offers no TLS, and the URL asks for it: give the server a certificate, or leave out tls inside a network of your own`;
  }
  const fault = place.tls === null ? null : tlsFault(error);
  return fault === null ? null : `${server} ${fault}`;
}

/** MariaDB says the same of a wrong password and of a way that is not safe enough. */
function orTls({ tls }: MysqlPlace): string {
  if (tls === null) {
    return '; where it asks for TLS (require_secure_transport, REQUIRE SSL) it may answer so too: then write tls=verified behind a "?" of the URL';
  }
  return tls.certFile === null
    ? '; where it asks that user for a certificate (REQUIRE X509) name one with tls-cert-file and tls-key-file'
    : '';
}
