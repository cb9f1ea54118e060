import { UsageError } from '../usage-error.ts';

/** Why a port could not be opened, naming the option; null: it is something else. */
export function listenError(cause: unknown, { host, port }: { host: string; port: number }): UsageError | null {
  const code = codesOf(cause).find((one) => /^E[A-Z]+$/.test(one)) ?? null;
  if (code === 'EADDRINUSE') {
    return new UsageError(
      `--port ${port} is taken on ${host}: name another with --port N, or --port 0 for any free one`,
      { cause },
    );
  }
  if (code === 'EACCES') return new UsageError(`--port ${port} may not be opened here: name one above 1023`, { cause });
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new UsageError(`--host ${host} is no address of this machine: name one that is, or 0.0.0.0`, { cause });
  }
  return null;
}

/** Of the error and of what it was made from: an executor says in its own words what the system said. */
const codesOf = (error: unknown): string[] =>
  error instanceof Error ? ['code' in error ? String(error.code) : '', ...codesOf(error.cause)] : [];
