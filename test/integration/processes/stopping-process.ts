// A command that has been asked to stop and cannot: one thread of it waits for a file that never opens. argv: FIFO
import { open } from 'node:fs';
import { listenForStop } from '../../../deploy/cli/stop-signals.ts';

listenForStop(() => process.stdout.write('stopping\n'));
open(String(process.argv[2]), 'r', () => undefined);
setInterval(() => undefined, 1_000);
process.stdout.write('ready\n');
