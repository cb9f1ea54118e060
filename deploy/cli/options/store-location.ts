import { basename, dirname, join, resolve } from 'node:path';
import { readMysqlPlace } from '../../../shared/sql/mysql-place.ts';
import { inert } from '../screen/table.ts';
import { UsageError } from '../usage-error.ts';

/** Where a store is, and what lies beside it on this machine. */
export type StoreLocation =
  | { readonly kind: 'sqlite'; readonly path: string; readonly url: string; readonly booksPath: string }
  | { readonly kind: 'mysql'; readonly url: string; readonly label: string; readonly booksPath: string };

/** Reads `--store`; without it the embedded store lies in the home. Throws UsageError that never shows a password. */
export function storeLocation(text: string | undefined, home: string, cwd: string): StoreLocation {
  if (text === undefined) return sqliteAt(join(home, 'daybreak.db'));
  if (text.startsWith('sqlite:')) return sqliteAt(sqlitePath(text.slice('sqlite:'.length), cwd));
  if (text.startsWith('mysql:')) return mysqlAt(text, home);
  const wayOut = /^[a-z0-9+.-]+:\/\//i.test(text)
    ? 'write sqlite:PATH or mysql://USER:PASSWORD@HOST:PORT/DATABASE'
    : `write sqlite:${inert(text)}`;
  throw new UsageError(`--store is neither sqlite: nor mysql:// : ${wayOut}`);
}

function sqlitePath(path: string, cwd: string): string {
  if (path === '' || path === ':memory:' || (path.startsWith('//') && !path.startsWith('///'))) {
    throw new UsageError(
      '--store needs a file that outlives the process: write sqlite:PATH, such as sqlite:./nights.db',
    );
  }
  return resolve(cwd, path);
}

function sqliteAt(path: string): StoreLocation {
  const stem = basename(path).replace(/\.(db|sqlite3?)$/, '');
  return { kind: 'sqlite', path, url: `sqlite:${path}`, booksPath: join(dirname(path), `${stem}-gateway-books.db`) };
}

function mysqlAt(text: string, home: string): StoreLocation {
  const url = URL.parse(text);
  const database = decoded(url?.pathname.slice(1) ?? '');
  if (url === null || url.hostname === '' || database === '' || database.includes('/')) {
    throw new UsageError('--store is incomplete: write mysql://USER:PASSWORD@HOST:PORT/DATABASE');
  }
  decoded(url.password);
  // Whatever else the URL holds, words of TLS included, is refused here and not when the store is opened.
  readMysqlPlace(text);
  const label = `mysql://${url.username === '' ? '' : `${decoded(url.username)}@`}${url.host}/${database}`;
  const stem = `${url.hostname}-${url.port || '3306'}-${database}`.replace(/[^A-Za-z0-9._-]/g, '_');
  return { kind: 'mysql', url: text, label, booksPath: join(home, `${stem}-gateway-books.db`) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (cause) {
    // The part is not shown, because it may be the password.
    throw new UsageError('--store has a "%" that stands for no character: write %25 for a percent sign', { cause });
  }
}
