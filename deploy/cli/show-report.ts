import {
  GROUPS,
  type NightReport,
  REPORT_LEGS,
  type Total,
} from '../../executor/examples/settlement/report/night-report.ts';
import { inert, table } from './screen/table.ts';
import type { Terminal } from './screen/terminal.ts';
import { duration, grouped, money } from './screen/words.ts';

/** The report for people: a table per leg and currency, the verdict, and where the whole of it lies. */
export function showReport(terminal: Terminal, report: NightReport, reportDir: string): void {
  const { file } = report;
  const rejected = Object.entries(file.rejected).map(([code, count]) => `${code} ${grouped(count)}`);
  terminal.say('');
  terminal.say(
    `File: ${grouped(file.dataLines)} lines, ${grouped(file.accepted)} accepted` +
      (rejected.length === 0 ? '' : `, rejected: ${rejected.join(', ')}`),
  );
  const [header, ...lines] = legTable(terminal, report);
  if (header !== undefined && lines.length > 0) {
    terminal.say('');
    terminal.say(terminal.style('bold', header));
    for (const line of lines) terminal.say(line);
  }
  terminal.say('');
  if (report.exitCode !== 2) verdict(terminal, report);
  const { items, seconds, itemsPerSecond } = report.throughput;
  const took = duration(report.finishedAt - report.startedAt);
  if (items > 0)
    terminal.say(
      `${grouped(items)} items in ${took}; ${grouped(Math.round(itemsPerSecond))} a second over ${seconds} s of debiting`,
    );
  terminal.say(`Report: ${inert(reportDir)} (exit code ${report.exitCode})`);
}

/** A row per leg and currency; on a terminal that is too narrow for that, a row for each group that has something. */
function legTable(terminal: Terminal, report: NightReport): string[] {
  const totals = REPORT_LEGS.flatMap((leg) =>
    Object.entries(report.legs[leg]).map(([currency, groups]) => ({ leg, currency, groups })),
  );
  const figures = (total: Total, currency: string) => [grouped(total.count), money(total.amountMinor, currency)];
  const wide = table(
    ['leg', 'currency', ...GROUPS.flatMap((group) => [group, ''])],
    totals.map(({ leg, currency, groups }) => [
      leg,
      currency,
      ...GROUPS.flatMap((group) => figures(groups[group], currency)),
    ]),
    new Set([1]),
  );
  if (!terminal.live || wide.every((line) => line.length <= terminal.columns())) return wide;
  return table(
    ['leg', 'currency', 'state', 'items', 'amount'],
    totals.flatMap(({ leg, currency, groups }) =>
      GROUPS.filter((group) => group === 'due' || groups[group].count > 0).map((group) => [
        group === 'due' ? leg : '',
        group === 'due' ? currency : '',
        group,
        ...figures(groups[group], currency),
      ]),
    ),
    new Set([1, 2]),
  );
}

function verdict(terminal: Terminal, { legs, conservation, reconciliation, carriedOver }: NightReport): void {
  const { differences, differencesTotal } = conservation;
  if (conservation.holds) {
    terminal.say(
      terminal.style(
        'green',
        `Conservation holds: ${grouped(reconciliation.matched)} debits matched with the gateway's file`,
      ),
    );
  } else {
    terminal.say(
      terminal.style('red', `Conservation does NOT hold: ${grouped(differencesTotal)} differences (differences.csv)`),
    );
    for (const difference of differences.slice(0, 10)) {
      const what = [difference.requestNo, difference.note].filter((part) => part !== null).join(': ');
      terminal.say(`  ${difference.kind}  ${inert(what)}`);
    }
  }
  const unresolved = REPORT_LEGS.flatMap((leg) => Object.values(legs[leg])).reduce(
    (sum, groups) => sum + groups.UNRESOLVED.count,
    0,
  );
  if (unresolved > 0) {
    terminal.say(
      terminal.style(
        'yellow',
        `${grouped(unresolved)} unresolved (unresolved.csv); what is MANUAL there waits for people:`,
      ),
    );
    terminal.say('  daybreak resolve REQUEST_NO --as success|failed|retry --by NAME --approved-by NAME --reason TEXT');
  }
  if (carriedOver.count > 0) {
    terminal.say(
      `Carried over from earlier nights: ${grouped(carriedOver.count)}, settled ${grouped(carriedOver.settled)}, still open ${grouped(carriedOver.stillOpen)}`,
    );
  }
}
