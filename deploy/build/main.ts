import { fileURLToPath } from 'node:url';
import { BuildRefusedError, buildTo } from './build.ts';

const dist = fileURLToPath(new URL('../../dist', import.meta.url));
try {
  buildTo(dist);
  process.stdout.write(`built ${dist}\n`);
} catch (cause) {
  if (!(cause instanceof BuildRefusedError)) throw cause;
  process.stdout.write(`${cause.message}\n`);
  process.exitCode = 1;
}
