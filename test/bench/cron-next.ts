// `node test/bench/cron-next.ts`: instants of cron expressions per second, ours and croner's in turns in one run.
import { cpus } from 'node:os';
import { Cron } from 'croner';
import { nextAfter, parseCron } from '../../shared/cron/cron.ts';
import { median, spread } from './figures.ts';

const CASES = [
  { text: '0 30 2 * * ?', what: 'a time every day' },
  { text: '0 0/15 * * * ?', what: 'every 15 minutes' },
  { text: '0 0 9-17 ? * MON-FRI', what: 'hourly on workdays' },
  { text: '0 0 2 LW * ?', what: 'the last workday' },
  { text: '0 0 12 29 2 ?', what: '29 February' },
];
const ZONES = ['UTC', 'Asia/Shanghai', 'America/New_York'];
const REPETITIONS = 3;
const OURS = 60_000;
const THEIRS = 4_000;
/** What was set out for. */
const LEAST_PER_SECOND = 50_000;
const START_MS = Date.UTC(2027, 0, 1);
const END_MS = Date.UTC(2090, 0, 1);

const say = (line: string): boolean => process.stdout.write(`${line}\n`);

/** Walks from instant to instant, and from the start again when it has come far. */
function perSecond(count: number, next: (atMs: number) => number | null): number {
  let at = START_MS;
  const started = performance.now();
  for (let n = 0; n < count; n++) {
    const found = next(at);
    at = found === null || found > END_MS ? START_MS : found;
  }
  return (count / (performance.now() - started)) * 1000;
}

function walkers(text: string, zone: string): { ours: () => number; croner: () => number } {
  const expression = parseCron(text, { dialect: 'quartz' });
  const options = { alternativeWeekdays: true, sloppyRanges: true, mode: '6-or-7-parts', paused: true } as const;
  const cron = new Cron(text, { ...options, timezone: zone });
  return {
    ours: () => perSecond(OURS, (at) => nextAfter(expression, at, zone)),
    croner: () => perSecond(THEIRS, (at) => cron.nextRun(new Date(at))?.getTime() ?? null),
  };
}

say(`$ node test/bench/cron-next.ts`);
say(`${cpus().length} cores, ${cpus()[0]?.model ?? 'processor unknown'}, Node ${process.versions.node}`);
say('thousand instants a second: median (least to greatest)\n');
let slowest = Number.POSITIVE_INFINITY;
for (const zone of ZONES) {
  for (const { text, what } of CASES) {
    const { ours, croner } = walkers(text, zone);
    const rates = Array.from({ length: REPETITIONS }, () => ({ ours: ours() / 1000, croner: croner() / 1000 }));
    const [our, their] = [rates.map((rate) => rate.ours), rates.map((rate) => rate.croner)];
    slowest = Math.min(slowest, median(our) * 1000);
    say(
      `${zone.padEnd(17)} ${text.padEnd(21)} ${what.padEnd(19)} ours ${spread(our, 0).padEnd(22)} croner ${spread(their)}`,
    );
  }
}

const started = performance.now();
const never = nextAfter(parseCron('0 0/5 0 30 2 ?', { dialect: 'quartz' }), START_MS, 'Europe/Berlin');
say(
  `\n30 February: ${never === null ? 'none' : 'found'} in ${(performance.now() - started).toFixed(1)} ms, zone not known before`,
);

const parsings = 20_000;
const parseStart = performance.now();
for (let n = 0; n < parsings; n++) parseCron(`0 ${n % 60} 2 ? * MON-FRI`, { dialect: 'quartz' });
say(`parsed ${Math.round(parsings / (performance.now() - parseStart))} thousand expressions a second`);

const holds = slowest >= LEAST_PER_SECOND;
say(
  `slowest of ours: ${Math.round(slowest)} a second, wanted ${LEAST_PER_SECOND}${holds ? '' : '   <- NOT WITHIN ITS BOUND'}`,
);
if (!holds) process.exitCode = 1;
