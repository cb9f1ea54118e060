// `npm run chaos`: a real night through each fault of the table, with production's times. `-- F5 F14` runs those alone,
// `-- --quick` waits seconds where production waits minutes.
import { FAULTS } from '../support/cluster/night-under-faults.ts';
import { runVitest } from './run-vitest.ts';
import { lastLine } from './summary.ts';

const words = process.argv.slice(2);
const ids = words.filter((word) => word !== '--quick');
const unknown = ids.find((id) => !FAULTS.some((fault) => fault.id === id));
if (unknown !== undefined) {
  const known = FAULTS.map(({ id, what }) => `  ${id.padEnd(4)} ${what}`).join('\n');
  process.stderr.write(`chaos: no fault is called "${unknown}"; there are\n${known}\n`);
  process.exit(2);
}
process.env.DAYBREAK_CHAOS = '1';
process.env.DAYBREAK_CHAOS_FAULTS = ids.join(' ');
process.env.DAYBREAK_CHAOS_QUICK = words.includes('--quick') ? '1' : '0';
// Servers of a night's own are part of it: nothing may be left out here.
process.env.DAYBREAK_TEST_REQUIRE_ALL = '1';

const tests = await runVitest(['--project', 'chaos']);
for (const { title, why } of tests.failures) process.stdout.write(`FAILED  ${title}\n    ${why}\n`);
process.stdout.write(`${lastLine(tests.passed, tests.failed)}\n`, () => process.exit(tests.failed === 0 ? 0 : 1));
