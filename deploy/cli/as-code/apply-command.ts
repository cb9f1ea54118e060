import { resolve } from 'node:path';
import type { FieldProblem } from '../../../scheduler/api/admin/contract/shapes.ts';
import { apiCall, onePositional } from '../admin/api-call.ts';
import { ApiRefusal } from '../admin/http-api-client.ts';
import type { CommandCall } from '../command-call.ts';
import { askYes } from '../screen/ask-yes.ts';
import { inert } from '../screen/table.ts';
import type { Terminal } from '../screen/terminal.ts';
import { UsageError } from '../usage-error.ts';
import { placeForFirstPasswords } from './first-passwords.ts';
import { FileRefused, type ReadFile, readDefinitionFile } from './read-definition-file.ts';
import { countInWords, showChanges } from './show-changes.ts';

const REFUSED = 2;
/** Ctrl-C at the question. */
const STOPPED = 130;

/** `daybreak apply FILE`: shows what would change, asks, and does that in one transaction. */
export async function runApplyCommand(call: CommandCall): Promise<number> {
  const asked = apiCall(call);
  if (asked === null) return 0;
  const { given, api, terminal, cwd, json } = asked;
  const shown = onePositional(given, 'FILE', 'daybreak apply nightly.yaml');
  const file = read(resolve(cwd, shown), shown);
  if (file instanceof FileRefused) return refuse(terminal, file.lines);
  const { definitions } = file;
  const dryRun = given.switches.has('dry-run');
  const done = (applied: boolean, changes: readonly object[]): number => {
    if (json) terminal.document(JSON.stringify({ applied, changes }));
    return 0;
  };
  try {
    const { problems, changes, basis } = await api.ask('POST /definitions/check', { body: { definitions } });
    if (problems.length > 0) return refuse(terminal, placed(file, problems));
    showChanges(terminal, changes);
    if (changes.length === 0) {
      terminal.say(`${inert(shown)}: everything is as it says, nothing is to be changed`);
      return done(false, changes);
    }
    if (dryRun) {
      terminal.say(`${countInWords(changes)}; nothing was changed (--dry-run)`);
      return done(false, changes);
    }
    const place = placeForFirstPasswords(terminal, {
      file: given.values['first-passwords'],
      cwd,
      people: changes.filter(({ kind, action }) => kind === 'person' && action === 'create').length,
    });
    const answer = given.switches.has('yes') ? 'yes' : await ask(terminal, countInWords(changes));
    if (answer !== 'yes') {
      terminal.warn('daybreak: nothing was changed');
      return answer === 'stopped' ? STOPPED : REFUSED;
    }
    const { changes: made, firstPasswords } = await place.fill(() =>
      api.ask('POST /definitions/apply', { body: { definitions, basis } }),
    );
    terminal.say(`${inert(shown)} is applied: ${countInWords(made)}`);
    place.tell(firstPasswords);
    return done(true, made);
  } catch (error) {
    if (!(error instanceof ApiRefusal) || error.fields.length === 0 || error.code === 'CONFLICT') throw error;
    return refuse(terminal, placed(file, error.fields));
  }
}

function read(path: string, shown: string): ReadFile | FileRefused {
  try {
    return readDefinitionFile(path, shown);
  } catch (error) {
    if (error instanceof FileRefused) return error;
    throw error;
  }
}

/** In the request the file is a field; for people it is the whole. */
const placed = (file: ReadFile, problems: readonly FieldProblem[]): string[] =>
  problems
    .map((problem) => file.place({ ...problem, path: problem.path.replace(/^definitions\.?/, '') }))
    .sort((a, b) => lineOf(a) - lineOf(b));

/** From its beginning to its end, as one puts it right. */
const lineOf = (said: string): number => Number(/:(\d+):\d+: /.exec(said)?.[1] ?? 0);

function refuse(terminal: Terminal, lines: readonly string[]): number {
  for (const line of lines) terminal.warn(line);
  terminal.warn('daybreak: the file is refused, nothing was changed');
  return REFUSED;
}

/** Throws UsageError where nobody can be asked. */
function ask(terminal: Terminal, what: string): Promise<'yes' | 'no' | 'stopped'> {
  if (process.stdin.isTTY !== true || !terminal.live) {
    throw new UsageError(`nobody can be asked whether this is meant (${what}): give --yes, or --dry-run to look only`);
  }
  return askYes(`Apply this (${what})? [y/N] `);
}
