import { measureLists } from './admin-lists.ts';
import { type BenchDialect, hasMysql } from './bench-stores.ts';
import type { Measured } from './parts.ts';

const LIST_MS_MAX = 300;

/** Every list of the admin with ten thousand jobs and so many runs in the store: each under 300 ms. */
export async function adminPart(runs: number, say: (line: string) => void): Promise<Measured[]> {
  const dialects: BenchDialect[] = (await hasMysql()) ? ['sqlite', 'mysql'] : ['sqlite'];
  if (dialects.length === 1) say('no MariaDB answers on this machine: its figures are left out');
  const measured: Measured[] = [];
  for (const dialect of dialects) {
    const figures = await measureLists(dialect, { jobs: 10_000, runs, groups: 20 });
    for (const { list, p50Ms, maxMs, firstMs } of figures) {
      say(`${p50Ms.toFixed(1)} ms (at most ${maxMs.toFixed(1)}, first ${firstMs.toFixed(1)}) ${list}`);
    }
    const slowest = figures.reduce((a, b) => (a.p50Ms >= b.p50Ms ? a : b));
    const name = dialect === 'sqlite' ? 'SQLite' : 'MariaDB';
    measured.push({
      id: `admin-${dialect}`,
      value: Math.round(slowest.p50Ms),
      unit: 'ms',
      holds: slowest.p50Ms < LIST_MS_MAX,
      text: `${name}, 10,000 jobs and ${runs.toLocaleString('en-US')} runs: the slowest of ${figures.length} lists, ${slowest.list}, takes ${slowest.p50Ms.toFixed(0)} ms (p50; under ${LIST_MS_MAX})`,
    });
  }
  return measured;
}
