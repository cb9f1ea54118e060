// Runs one of the project's own tools: `node deploy/bootstrap/run.mjs test`. Each makes its own machine ready first.
import { start } from './start.mjs';

const TOOLS = {
  test: 'test/run/test',
  'test:servers': 'test/run/install-servers',
  bench: 'test/bench/main',
  chaos: 'test/run/chaos',
  claims: 'test/run/claims',
  lint: 'deploy/lint/main',
  typecheck: 'test/run/typecheck',
  build: 'deploy/build/main',
};

const [tool, ...args] = process.argv.slice(2);
const entry = Object.hasOwn(TOOLS, tool ?? '') ? TOOLS[tool] : null;
if (entry === null) {
  process.stderr.write(`daybreak: no tool is called "${tool ?? ''}"; there are ${Object.keys(TOOLS).join(', ')}\n`);
  process.exitCode = 2;
} else {
  await start({ name: tool, entry, args, withDev: true });
}
