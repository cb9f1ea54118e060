// By its default: an older Node has no argon2, and would end at the name before anything can say what it lacks.
import crypto, { timingSafeEqual } from 'node:crypto';
import type { Random } from '../../../shared/runtime/runtime.ts';

// What OWASP asks for at least: 19 MiB, two passes, one lane. About 25 ms on the machine of the benchmarks.
const COST = { memory: 19_456, passes: 2, parallelism: 1 } as const;
const TAG_BYTES = 32;
const SALT_BYTES = 16;

/** argon2id in the usual text form: `$argon2id$v=19$m=19456,t=2,p=1$salt$tag`. */
export async function hashPassword(password: string, random: Random): Promise<string> {
  const nonce = Buffer.from(random.secretHex(SALT_BYTES), 'hex');
  const tag = await derive(password, { ...COST, nonce });
  const { memory, passes, parallelism } = COST;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${plain64(nonce)}$${plain64(tag)}`;
}

export interface PasswordVerdict {
  readonly fits: boolean;
  /** It was hashed at another cost than today's: hash it anew while the password is at hand. */
  readonly isOutdated: boolean;
}

/** Takes the same time whether it fits or not; without a hash (nobody has that name) it takes that time for nothing. */
export async function checkPassword(password: string, hash: string | null): Promise<PasswordVerdict> {
  const read = hash === null ? null : readHash(hash);
  const against = read ?? NOBODY;
  const tag = await derive(password, against);
  const fits = timingSafeEqual(tag, against.tag) && read !== null;
  const isOutdated =
    read !== null &&
    (read.memory !== COST.memory || read.passes !== COST.passes || read.parallelism !== COST.parallelism);
  return { fits, isOutdated };
}

interface Derivation {
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
  readonly nonce: Buffer;
}

const NOBODY = { ...COST, nonce: Buffer.alloc(SALT_BYTES), tag: Buffer.alloc(TAG_BYTES) };

function readHash(text: string): (Derivation & { readonly tag: Buffer }) | null {
  const found = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d)\$([\w+/]+)\$([\w+/]+)$/.exec(text);
  if (found === null) return null;
  const [, memory, passes, parallelism, nonce = '', tag = ''] = found;
  const bytes = Buffer.from(tag, 'base64');
  if (bytes.length !== TAG_BYTES) return null;
  return {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    nonce: Buffer.from(nonce, 'base64'),
    tag: bytes,
  };
}

function derive(password: string, cost: Derivation): Promise<Buffer> {
  // One text has several spellings in Unicode, and keyboards differ in which they type.
  const message = Buffer.from(password.normalize('NFKC'), 'utf8');
  const { memory, passes, parallelism, nonce } = cost;
  return new Promise((resolve, reject) => {
    crypto.argon2('argon2id', { message, nonce, memory, passes, parallelism, tagLength: TAG_BYTES }, (error, tag) =>
      error === null ? resolve(Buffer.from(tag)) : reject(error),
    );
  });
}

const plain64 = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');
