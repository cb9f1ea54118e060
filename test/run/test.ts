// `npm test`: everything that can be checked here, in words what could not, and one line of numbers at the very end.
import { runLint } from '../../deploy/lint/run-lint.ts';
import { runTypecheck } from './run-typecheck.ts';
import { runVitest } from './run-vitest.ts';
import { maySecondTry, passesAlone } from './second-try.ts';
import { describeLeftOut, lastLine } from './summary.ts';

const args = process.argv.slice(2);

// With a filter only the tests that it names run: `npm test -- test/unit/shared -t "leap day"`.
const checks = args.length > 0 ? [] : [...runLint(), ...runTypecheck()];
if (args.length === 0) process.env.DAYBREAK_TEST_WHOLE = '1';
const tests = await runVitest(args);

const files = [...new Set(tests.failures.map(({ file }) => file))];
// Of a whole run only: with words of one's own, files would be looked for elsewhere.
const stalled = args.length === 0 && maySecondTry() && files.every((file) => file !== null) && passesAlone(files);

const passed = tests.passed + checks.filter((check) => check.passed).length + (stalled ? tests.failed : 0);
const failed = (stalled ? 0 : tests.failed) + checks.filter((check) => !check.passed).length;
for (const check of checks.filter((each) => !each.passed)) process.stdout.write(`FAILED  ${check.title}\n`);
for (const { title, why } of tests.failures) {
  process.stdout.write(`${stalled ? 'PASSED ONLY WHEN TRIED AGAIN' : 'FAILED'}  ${title}\n`);
  for (const line of why.split('\n').filter((text) => text !== '')) process.stdout.write(`    ${line}\n`);
}
for (const line of describeLeftOut(tests.leftOut)) process.stdout.write(`${line}\n`);
// Ended by hand once the line is out, because a test that left something open must not keep the whole run alive.
process.stdout.write(`${lastLine(passed, failed)}\n`, () => process.exit(failed === 0 ? 0 : 1));
