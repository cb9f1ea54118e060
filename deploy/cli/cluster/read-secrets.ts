import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Configured } from '../options/configure.ts';
import type { Given } from '../options/parse-command-line.ts';
import { inert } from '../screen/table.ts';
import { UsageError } from '../usage-error.ts';

const MAKE_ONE = 'make one with: openssl rand -hex 32';

/** The options of a command, and where each comes from as far as that is known. */
type Sourced = Pick<Given, 'values'> & Partial<Pick<Configured, 'origins'>>;

/** The token that schedulers and executors share. Throws UsageError that names its source and never shows any of it. */
export function accessTokenOption({ values, origins }: Sourced, cwd: string): string {
  const token = secretOption(values, 'access-token', cwd);
  if (token === null) {
    throw new UsageError(
      `no access token is given: ${MAKE_ONE} > FILE; chmod 600 FILE; then name it with --access-token-file FILE (or set DAYBREAK_ACCESS_TOKEN), the same for every scheduler and executor`,
    );
  }
  checkAccessToken(sourceOf(values, origins), token);
  return token;
}

function sourceOf(values: Given['values'], origins: Sourced['origins']): string {
  const option = values['access-token-file'] === undefined ? 'access-token' : 'access-token-file';
  const origin = origins?.get(option) ?? (option === 'access-token' ? 'DAYBREAK_ACCESS_TOKEN' : `--${option}`);
  if (/^(--|DAYBREAK_)/.test(origin)) return origin;
  return `${option === 'access-token' ? 'accessToken' : 'accessTokenFile'} of ${inert(origin)}`;
}

export function checkAccessToken(name: string, token: string): void {
  const bytes = Buffer.byteLength(token);
  if (bytes < 32) throw new UsageError(`${name}: the token has ${bytes} bytes and needs 32 or more: ${MAKE_ONE}`);
  if (new Set(token).size < 8 || !/^[\x21-\x7e]+$/.test(token)) {
    throw new UsageError(`${name}: the token repeats itself, or holds blanks or other letters than ASCII: ${MAKE_ONE}`);
  }
}

/** `NAME` from its variable or the configuration, or the content of the file that `NAME-file` names; null: neither. */
export function secretOption(values: Readonly<Record<string, string>>, name: string, cwd: string): string | null {
  const [path, text] = [values[`${name}-file`], values[name]];
  if (path === undefined) return text ?? null;
  if (text !== undefined) {
    const variable = `DAYBREAK_${name.toUpperCase().replaceAll('-', '_')}`;
    throw new UsageError(
      `--${name}-file and the ${name.replaceAll('-', ' ')} itself are both given: give one of them (${variable} and the configuration file count too)`,
    );
  }
  return secretFromFile(`${name}-file`, resolve(cwd, path));
}

function secretFromFile(option: string, path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    throw new UsageError(`--${option} ${inert(path)} cannot be read (${code}): name a file that this user may read`, {
      cause,
    });
  }
  if (text === '') throw new UsageError(`--${option} ${inert(path)} is empty: write the secret into it`);
  return text;
}
