import { runTypecheck } from './run-typecheck.ts';

process.exitCode = runTypecheck(process.argv.slice(2)).every(({ passed }) => passed) ? 0 : 1;
