// Runs once before the first test in a browser (globalSetup of that project): hands the built page to the tests. It is
// built when it is missing or older than its source, a matter of two seconds; its packages are never installed here.
import { fileURLToPath } from 'node:url';
import { buildPage, isPageInstalled, pageState } from '../../scheduler/web/build.ts';
import { VARIABLES } from '../support/server-names.ts';

const FOLDER = fileURLToPath(new URL('../../dist/scheduler/web', import.meta.url));

/** A page that does not build fails the run, because nobody would look for it among the tests that were left out. */
export default async function providePage(): Promise<void> {
  const variable = VARIABLES['built page'];
  if (process.env[variable] || !isPageInstalled()) return;
  if (pageState(FOLDER) !== 'fresh') await buildPage(FOLDER, (line) => process.stdout.write(`${line}\n`));
  process.env[variable] = FOLDER;
}
