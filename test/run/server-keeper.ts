// A process that holds one server for a run of the tests: it stops the server when the run lets go of the channel
// between them, which the system does for a run that is killed. Arguments: the server's folder, program, arguments.
import { spawn } from 'node:child_process';
import { openSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const STOP_MS_MAX = 10_000;

const [folder, program, ...args] = process.argv.slice(2) as [string, string, ...string[]];
const log = openSync(join(folder, 'log'), 'a');
const server = spawn(program, args, { stdio: ['ignore', log, log] });

let isStopping = false;
server.once('error', () => process.exit(1));
server.once('exit', () => {
  // The log of a server that failed is for the run to read, which then removes the folder itself.
  if (isStopping) rmSync(folder, { recursive: true, force: true });
  process.exit(isStopping ? 0 : 1);
});

process.once('disconnect', stop);
process.once('SIGTERM', stop);

function stop(): void {
  isStopping = true;
  server.kill('SIGTERM');
  setTimeout(() => server.kill('SIGKILL'), STOP_MS_MAX);
}
