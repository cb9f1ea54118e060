// `npm run claims`: measures again what docs/claims.json says, and ends with 1 when a bound does not hold.
// Without arguments the cheap ones; with --all all of them; with ids only these.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Claim, holdsAt, readClaims } from './claim-list.ts';

const ROOT = join(import.meta.dirname, '../..');

const { values, positionals } = parseArgs({ allowPositionals: true, options: { all: { type: 'boolean' } } });
process.exitCode = checkClaims(readClaims(ROOT));

function checkClaims(claims: readonly Claim[]): number {
  const unknown = positionals.find((id) => !claims.some((claim) => claim.id === id));
  if (unknown !== undefined) {
    process.stderr.write(`daybreak: docs/claims.json has no claim "${unknown}"\n`);
    return 2;
  }
  const chosen = claims.filter(({ id, cheap }) =>
    positionals.length > 0 ? positionals.includes(id) : values.all || cheap,
  );
  let broken = 0;
  for (const [command, group] of Map.groupBy(chosen, (claim) => claim.command)) {
    process.stdout.write(`\n$ ${command}\n`);
    const figures = measure(command);
    for (const claim of group) {
      const value = figures.get(claim.id);
      const holds = value !== undefined && holdsAt(claim.expected, value);
      if (!holds) broken += 1;
      process.stdout.write(`${holds ? 'holds ' : 'BROKEN'} ${claim.id}: ${sayFigure(claim, value)}\n`);
    }
  }
  process.stdout.write(`\n${chosen.length - broken} of ${chosen.length} claims hold\n`);
  return broken === 0 ? 0 : 1;
}

/** The figures that the bench prints as JSON, by id. Its own exit code says the same as our comparison, so it is not read. */
function measure(command: string): ReadonlyMap<string, number> {
  const args = command.slice('npm run bench -- '.length).split(' ');
  const bench = join(ROOT, 'test/bench/main.ts');
  const ended = spawnSync(process.execPath, [bench, ...args, '--json'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line = ended.stdout.trim().split('\n').at(-1) ?? '';
  if (!line.startsWith('[')) return new Map();
  return new Map((JSON.parse(line) as { id: string; value: number }[]).map(({ id, value }) => [id, value]));
}

function sayFigure({ expected, measured }: Claim, value: number | undefined): string {
  const { min, max, unit } = expected;
  const bound = min === undefined ? `at most ${max}` : `at least ${min}`;
  return `${value ?? 'nothing'} ${unit} (${bound}; ${measured.value} on ${measured.machine}, ${measured.date})`;
}
