import { createHash } from 'node:crypto';
import { localDate, localTime } from '../../../../shared/business-date.ts';
import { durationText, grouped, type Html, html, percentText } from './html-text.ts';
import { countUnresolved, type NightReport, REPORT_LEGS } from './night-report.ts';
import { conservationSection } from './report-html-conservation.ts';
import { executorsSection, fileSection, legSection, progressSection } from './report-html-sections.ts';
import type { Progress } from './report-progress.ts';
import { REPORT_STYLE } from './report-style.ts';

/**
 * The night as one self-contained page: it loads nothing, runs nothing, and says so in its own content policy. Every
 * text in it is escaped, for some of it was written by a gateway. `unresolved`: the first rows of `unresolved.csv`.
 */
export function reportHtml(
  report: NightReport,
  drawn: { progress: Progress; unresolved: readonly (readonly string[])[] },
): string {
  const styleHash = createHash('sha256').update(REPORT_STYLE).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Night of ${report.businessDate}</title>
<style>STYLE</style>
</head>
<body>
<main>
${titleOf(report)}
${verdictOf(report)}
${figuresOf(report)}
${report.exitCode === 4 ? conservationSection(report) : null}
${REPORT_LEGS.map((leg) => legSection(report, leg))}
${progressSection(report, drawn.progress)}
${report.exitCode === 4 ? null : conservationSection(report)}
${unresolvedSection(report, drawn.unresolved)}
${executorsSection(report)}
${fileSection(report)}
<footer>Amounts are exact; a bar shows counts, and what would be too thin to see is drawn a little wider. All rows: unresolved.csv, differences.csv, rejects.csv; the figures: report.json.</footer>
</main>
</body>
</html>
`;
  return page.text.replace('<style>STYLE</style>', () => `<style>${REPORT_STYLE}</style>`);
}

function titleOf(report: NightReport): Html {
  const at = (ms: number): string => `${localDate(ms, report.timeZone)} ${localTime(ms, report.timeZone)}`;
  return html`<header><div><h1>Night of ${report.businessDate} <span lang="zh-Hans">夜间结算</span></h1>
<p class="meta">${at(report.startedAt)} to ${at(report.finishedAt)} (${report.timeZone}), cut-off ${at(report.cutOffAt)}${report.gateway === null ? null : html` · gateway ${report.gateway}`}</p></div></header>`;
}

function verdictOf(report: NightReport): Html {
  const unresolved = countUnresolved(report);
  switch (report.exitCode) {
    case 0:
      return verdict('good', 'Every due plan is decided, and conservation holds', '全部结清，账目守恒', 'Exit code 0.');
    case 2:
      return verdict(
        'plain',
        'The night was not run: nothing was debited',
        '未执行',
        `${report.message ?? ''} Exit code 2.`,
      );
    case 3:
      return verdict(
        'warn',
        `Conservation holds, and ${grouped(unresolved)} ${unresolved === 1 ? 'plan is' : 'plans are'} unresolved`,
        '账目守恒，存在未决',
        'Each is listed below and in unresolved.csv. Exit code 3.',
      );
    case 4:
      return verdict(
        'bad',
        `Conservation does not hold: ${grouped(report.conservation.differencesTotal)} ${report.conservation.differencesTotal === 1 ? 'difference' : 'differences'}`,
        '账目不守恒',
        'Each is listed below and in differences.csv. Exit code 4.',
      );
  }
}

const verdict = (tone: string, title: string, chinese: string, more: string): Html =>
  html`<div class="verdict ${tone}"><strong>${title} <span lang="zh-Hans">${chinese}</span></strong><p>${more.trim()}</p></div>`;

function figuresOf(report: NightReport): Html {
  let [due, success] = [0, 0];
  for (const leg of REPORT_LEGS) {
    for (const one of Object.values(report.legs[leg])) {
      due += one.due.count;
      success += one.SUCCESS.count;
    }
  }
  const { itemsPerSecond, seconds } = report.throughput;
  return html`<dl class="figures">
${figure('Due', '应扣', grouped(due), 'items')}
${figure('Success', '成功', percentText(success, due), grouped(success))}
${figure('Unresolved', '未决', grouped(countUnresolved(report)), '')}
${figure('Matched lines', '对平', grouped(report.reconciliation.matched), '')}
${figure('Throughput', '吞吐', grouped(Math.round(itemsPerSecond)), `items/s over ${durationText(seconds * 1_000)}`)}
${figure('Duration', '用时', durationText(report.finishedAt - report.startedAt), '')}
</dl>`;
}

const figure = (name: string, chinese: string, value: string, more: string): Html =>
  html`<div><dt>${name} <span lang="zh-Hans">${chinese}</span></dt><dd>${value} <small>${more}</small></dd></div>`;

function unresolvedSection(report: NightReport, rows: readonly (readonly string[])[]): Html {
  const total = countUnresolved(report);
  if (total === 0) return html``;
  return html`<section><h2>Unresolved <span lang="zh-Hans">未决明细</span></h2>
${rows.length < total ? html`<p class="meta">The first ${rows.length} of ${grouped(total)}; all of them are in unresolved.csv.</p>` : null}
<div class="scroll"><table><thead><tr><th>Contract</th><th class="n">Period</th><th>Leg</th><th class="n">Amount (minor units)</th><th>State</th><th>Reason</th><th>Request number</th></tr></thead><tbody>
${rows.map(
  ([
    contract,
    period,
    leg,
    currency,
    amount,
    state,
    reason,
    requestNo,
  ]) => html`<tr><td class="code">${contract}</td><td class="n">${period}</td><td>${leg}</td><td class="n">${grouped(amount ?? '')} ${currency}</td><td>${state}</td><td>${reason}</td><td class="code">${requestNo}</td></tr>
`,
)}</tbody></table></div></section>`;
}
