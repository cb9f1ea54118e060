import { fileURLToPath } from 'node:url';
import { startFakeApi } from './fake-api.ts';

/** `node test/web/serve-fake.ts [port]`: the built page in front of made-up data, to be looked at. */
const folder = fileURLToPath(new URL('../../dist/scheduler/web', import.meta.url));
const fake = await startFakeApi({ folder, port: Number(process.argv[2] ?? 0) });
process.stdout.write(`${fake.url}\n`);
