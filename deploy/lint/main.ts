import { runLint } from './run-lint.ts';

const results = runLint(process.argv.slice(2));
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;
