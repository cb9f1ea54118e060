import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { inert } from '../screen/table.ts';
import type { Terminal } from '../screen/terminal.ts';
import { UsageError } from '../usage-error.ts';

type FirstPasswords = readonly { readonly name: string; readonly password: string }[];

/** Where the first passwords of new people go: known before anything is applied, because they are said only once. */
export interface FirstPasswordsPlace {
  /** Does what brings them, and puts them into the file, if there is one. A file that stays empty is not left behind. */
  fill<T extends { readonly firstPasswords: FirstPasswords }>(apply: () => Promise<T>): Promise<T>;
  tell(made: FirstPasswords): void;
}

/** Throws UsageError where they would land in a log, and when the file cannot be made. */
export function placeForFirstPasswords(
  terminal: Pick<Terminal, 'live' | 'say'>,
  given: { readonly file: string | undefined; readonly cwd: string; readonly people: number },
): FirstPasswordsPlace {
  const { file, people } = given;
  if (people === 0) return { fill: (apply) => apply(), tell: () => undefined };
  if (file === undefined) {
    if (!terminal.live) {
      throw new UsageError(
        people === 1
          ? 'one of the people is new, and the first password must not land in a log: give --first-passwords FILE'
          : `${people} of the people are new, and their first passwords must not land in a log: give --first-passwords FILE`,
      );
    }
    return { fill: (apply) => apply(), tell: (made) => show(terminal, made) };
  }
  const path = resolve(given.cwd, file);
  return {
    fill: async (apply) => {
      const handle = newFile(path, file);
      let isFilled = false;
      try {
        const answer = await apply();
        write(handle, answer.firstPasswords);
        isFilled = true;
        return answer;
      } finally {
        closeSync(handle);
        if (!isFilled) rmSync(path, { force: true });
      }
    },
    tell: (made) =>
      terminal.say(
        made.length === 1
          ? `the first password of ${inert(made[0]?.name ?? '')} is in ${inert(file)}: hand it over, and remove the file`
          : `first passwords of ${made.length} people are in ${inert(file)}: give each their own, and remove the file`,
      ),
  };
}

function show(terminal: Pick<Terminal, 'say'>, made: FirstPasswords): void {
  const what =
    made.length === 1 ? 'first password, shown this once; it has' : 'first passwords, shown this once; each has';
  terminal.say(`${what} to be changed at the first log-in:`);
  for (const { name, password } of made) terminal.say(`    ${inert(name)}  ${password}`);
}

function write(handle: number, made: FirstPasswords): void {
  try {
    writeFileSync(handle, made.map(({ name, password }) => `${name}\t${password}\n`).join(''));
  } catch (cause) {
    const way = 'set new ones on the page, under users';
    throw new Error(`the file is applied, but the first passwords could not be kept: ${way}`, { cause });
  }
}

/** Made anew, so that nobody has it open already and it is no link to another place. */
function newFile(path: string, shown: string): number {
  try {
    return openSync(path, 'wx', 0o600);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    const way = code === 'EEXIST' ? 'is there already: name a file that is not' : `cannot be made (${code})`;
    throw new UsageError(`--first-passwords: ${inert(shown)} ${way}; nothing was changed`, { cause });
  }
}
