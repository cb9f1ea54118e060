// `npm run bench`: what the README claims, measured again. `npm run bench -- --full` takes the figures at full size.
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { FULL, type Measured, PARTS, type PartName, REDUCED } from './parts.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { full: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
});
const names = Object.keys(PARTS) as PartName[];
const unknown = positionals.find((name) => !names.includes(name as PartName));
if (unknown !== undefined) {
  process.stderr.write(`daybreak: no part of the bench is called "${unknown}"; there are ${names.join(', ')}\n`);
  process.exitCode = 2;
} else {
  await runParts(positionals.length === 0 ? names : (positionals as PartName[]));
}

async function runParts(chosen: readonly PartName[]): Promise<void> {
  const size = values.full ? FULL : REDUCED;
  const say = (line: string): boolean => process[values.json ? 'stderr' : 'stdout'].write(`${line}\n`);
  say(`${cpus().length} cores, ${cpus()[0]?.model ?? 'processor unknown'}, Node ${process.versions.node}`);
  const measured: Measured[] = [];
  for (const name of chosen) {
    say(`\n$ npm run bench -- ${name}${values.full ? ' --full' : ''}`);
    for (const figure of await PARTS[name](size, say)) {
      measured.push(figure);
      say(`${figure.text}${figure.holds ? '' : '   <- NOT WITHIN ITS BOUND'}`);
    }
  }
  if (values.json) process.stdout.write(`${JSON.stringify(measured)}\n`);
  if (measured.some(({ holds }) => !holds)) process.exitCode = 1;
}
