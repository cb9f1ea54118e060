import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DaybreakError } from '../../shared/errors.ts';
import { SECRET_NAME } from '../../shared/protocol/param-secrets.ts';
import { SYSTEM_ENVIRONMENT } from '../node/system-environment.ts';

/** Where an executor has a secret from, and who gets it. */
export interface SecretOptions {
  readonly value?: string;
  /** Instead: a file that holds nothing else. It is read for each attempt, so a new value needs no restart. */
  readonly file?: string;
  /** The handlers whose jobs may name it; default all of this executor. */
  readonly handlers?: readonly string[];
}

export type SecretsOption = Readonly<Record<string, string | SecretOptions>>;

/** The secrets that jobs may name in their parameters, as this executor knows them. */
export interface Secrets {
  /** Throws SECRET_UNAVAILABLE with its name and where to set it. */
  read(name: string, handler: string): Promise<string>;
}

/** Shorter ones could not be masked without masking half of a log. */
const CHARS_MIN = 4;
const BYTES_MAX = 65_536;

/** Throws BAD_OPTION for a name or a source that is none. The environment is looked at for each attempt. */
export function createSecrets(
  options: SecretsOption = {},
  env: Readonly<Record<string, string | undefined>> = SYSTEM_ENVIRONMENT,
): Secrets {
  const given = new Map<string, SecretOptions>();
  for (const [name, one] of Object.entries(options)) {
    const secret = typeof one === 'string' ? { value: one } : one;
    if (!SECRET_NAME.test(name)) badOption(name, 'must be a letter and then letters, digits and "_", 64 at most');
    if ((secret.value === undefined) === (secret.file === undefined)) badOption(name, 'needs a value or a file');
    given.set(name, secret);
  }

  async function find(name: string): Promise<string | null> {
    const own = given.get(name);
    if (own !== undefined) return own.value ?? (await textOf(own.file ?? ''));
    const set = env[`DAYBREAK_SECRET_${name}`];
    if (set !== undefined && set !== '') return set;
    const dir = env.DAYBREAK_SECRETS_DIR;
    return dir === undefined || dir === '' ? null : await textOf(join(dir, name));
  }

  return {
    async read(name, handler) {
      const { handlers } = given.get(name) ?? {};
      if (handlers !== undefined && !handlers.includes(handler)) {
        throw unavailable(
          `the secret "${name}" is not for "${handler}": this executor gives it to ${handlers.join(', ')}`,
        );
      }
      // A name that could lead out of the folder is none.
      const value = SECRET_NAME.test(name) ? await find(name) : null;
      if (value === null) {
        throw unavailable(
          `the parameter names the secret "${name}", which this executor does not have: set DAYBREAK_SECRET_${name} there, or put a file ${name} into its DAYBREAK_SECRETS_DIR`,
        );
      }
      if (value.length < CHARS_MIN) {
        throw unavailable(
          `the secret "${name}" has ${value.length} characters: it needs ${CHARS_MIN}, to be masked in logs`,
        );
      }
      return value;
    },
  };
}

/** Without the line break that editors put at its end; null when it is not there. */
async function textOf(file: string): Promise<string | null> {
  try {
    const text = await readFile(file, 'utf8');
    if (Buffer.byteLength(text) > BYTES_MAX) throw unavailable(`the file ${file} has more than ${BYTES_MAX} bytes`);
    return text.replace(/\r?\n$/, '');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    if (error instanceof DaybreakError) throw error;
    throw unavailable(`the file ${file} cannot be read (${code ?? 'for an unknown reason'})`);
  }
}

const unavailable = (why: string): DaybreakError => new DaybreakError('SECRET_UNAVAILABLE', why);

function badOption(name: string, why: string): never {
  throw new DaybreakError('BAD_OPTION', `executor option secrets: "${name}" ${why}`, {
    details: { option: 'secrets' },
  });
}
