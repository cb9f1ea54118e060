import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPage, isPageInstalled } from '../../scheduler/web/build.ts';
import { BuildRefusedError, buildTo } from './build.ts';

const dist = fileURLToPath(new URL('../../dist', import.meta.url));
try {
  buildTo(dist);
  process.stdout.write(`built ${dist}\n`);
  const tell = (line: string): boolean => process.stdout.write(`${line}\n`);
  // The packages of the page are its own; without them the scheduler is whole but for what a browser shows.
  if (isPageInstalled()) await buildPage(join(dist, 'scheduler', 'web'), tell);
  else tell('page: left out, its packages are not there: npm ci --prefix scheduler/web');
} catch (cause) {
  if (!(cause instanceof BuildRefusedError)) throw cause;
  process.stdout.write(`${cause.message}\n`);
  process.exitCode = 1;
}
