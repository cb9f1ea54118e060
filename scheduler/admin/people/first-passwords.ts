import type { Random } from '../../../shared/runtime/runtime.ts';
import { hashPassword } from './password.ts';
import { passwordRefusal } from './password-rules.ts';

/** What somebody new logs in with once; then they have to choose another. */
export interface FirstPassword {
  readonly name: string;
  readonly password: string;
  readonly hash: string;
}

/** One after the other: all at once they would keep every other log-in waiting. */
export async function firstPasswordsFor(names: readonly string[], random: Random): Promise<FirstPassword[]> {
  const made: FirstPassword[] = [];
  for (const name of names) {
    const password = newFirstPassword(name, random);
    made.push({ name, password, hash: await hashPassword(password, random) });
  }
  return made;
}

const BYTES = 10;

/** 80 bits in four groups, which people can read to one another: `1f0c9-77ab2-0d3e1-c4a58`. */
function newFirstPassword(name: string, random: Random): string {
  for (;;) {
    const password = random.secretHex(BYTES).replace(/(.{5})(?=.)/g, '$1-');
    // By chance it may hold the name, e.g. of "fade".
    if (passwordRefusal(password, name) === null) return password;
  }
}
