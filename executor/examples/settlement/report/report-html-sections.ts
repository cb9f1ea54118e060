import { localTime } from '../../../../shared/business-date.ts';
import { grouped, type Html, html, moneyText, percentText } from './html-text.ts';
import type { CurrencyReport, NightReport, ReportLeg } from './night-report.ts';
import { progressChart, shareBar, stackedBar, swatch } from './report-charts.ts';
import type { Progress } from './report-progress.ts';

export const LEG_WORDS: Readonly<Record<ReportLeg, { name: string; chinese: string }>> = {
  PREMIUM: { name: 'Premium', chinese: '保费' },
  PRINCIPAL: { name: 'Principal', chinese: '本金' },
};

const GROUP_WORDS = [
  ['SUCCESS', 'Success', '成功'],
  ['FAILED', 'Failed', '失败'],
  ['BLOCKED', 'Blocked', '拦截'],
  ['UNRESOLVED', 'Unresolved', '未决'],
] as const;

export function legSection(report: NightReport, leg: ReportLeg): Html {
  const words = LEG_WORDS[leg];
  const currencies = Object.entries(report.legs[leg]);
  const body =
    currencies.length === 0
      ? html`<p class="empty">Nothing was due.</p>`
      : currencies.map(([currency, groups]) => currencyBlock(words.name, currency, groups));
  return html`<section><h2>${words.name} <span lang="zh-Hans">${words.chinese}</span></h2>${body}</section>
`;
}

function currencyBlock(leg: string, currency: string, groups: CurrencyReport): Html {
  const { due } = groups;
  const label = `${leg} ${currency}: ${GROUP_WORDS.map(([group, name]) => `${name} ${groups[group].count}`).join(', ')}`;
  return html`<div class="currency"><p><b>${currency}</b><span>due ${grouped(due.count)} · ${moneyText(due.amountMinor, currency)}</span></p>
${stackedBar(groups, label)}
<dl class="groups">${GROUP_WORDS.map(([group, name, chinese]) => groupCell(group.toLowerCase(), name, chinese, groups[group], due.count, currency))}</dl></div>
`;
}

function groupCell(
  className: string,
  name: string,
  chinese: string,
  total: { count: number; amountMinor: bigint },
  due: number,
  currency: string,
): Html {
  return html`<div class="${className}"><dt>${name} <span lang="zh-Hans">${chinese}</span></dt><dd>${grouped(total.count)} <small>${percentText(total.count, due)} · ${moneyText(total.amountMinor, currency)}</small></dd></div>`;
}

export function progressSection(report: NightReport, progress: Progress): Html {
  const charts = (['PREMIUM', 'PRINCIPAL'] as const).map((leg) => {
    const points = progress[leg];
    if (points.length === 0) return html`<div><h3>${LEG_WORDS[leg].name}</h3><p class="empty">Not begun.</p></div>`;
    const due = Object.values(report.legs[leg]).reduce((sum, one) => sum + one.due.count, 0);
    const chart = progressChart(points, {
      due,
      fromMs: report.startedAt,
      toMs: report.finishedAt,
      cutOffAtMs: report.cutOffAt,
      label: `${LEG_WORDS[leg].name}: items begun and items final over time`,
    });
    return html`<div><h3>${LEG_WORDS[leg].name} <span lang="zh-Hans">${LEG_WORDS[leg].chinese}</span></h3>
<p class="axis"><span>${grouped(due)} due</span><span>${grouped(points.at(-1)?.final ?? 0)} final</span></p>${chart}
<p class="axis"><span>${localTime(report.startedAt, report.timeZone)}</span><span>${localTime((report.startedAt + report.finishedAt) / 2, report.timeZone)}</span><span>${localTime(report.finishedAt, report.timeZone)}</span></p></div>`;
  });
  return html`<section><h2>Progress over time <span lang="zh-Hans">进度</span></h2>
<ul class="legend"><li>${swatch('begun')}begun <span lang="zh-Hans">已发起</span></li><li>${swatch('final')}final <span lang="zh-Hans">已终态</span></li></ul>
<div class="pair">${charts}</div></section>`;
}

export function executorsSection(report: NightReport): Html {
  if (report.executors.length === 0) return html``;
  const all = report.executors.reduce((sum, one) => sum + one.items, 0);
  return html`<section><h2>Executors <span lang="zh-Hans">执行器</span></h2><div class="scroll"><table><thead><tr><th class="n">Shard</th><th>Address</th><th class="n">Items</th><th class="n">Share</th><th>&nbsp;</th></tr></thead><tbody>
${report.executors.map(
  ({
    address,
    shardIndex,
    items,
  }) => html`<tr><td class="n">${shardIndex ?? 'volunteer'}</td><td class="code keep">${address}</td><td class="n">${grouped(items)}</td><td class="n">${percentText(items, all)}</td><td>${shareBar(items, all, `${items} of ${all} items`)}</td></tr>
`,
)}</tbody></table></div></section>`;
}

export function fileSection(report: NightReport): Html {
  const { dataLines, accepted, rejected } = report.file;
  const codes = Object.entries(rejected).sort(([, a], [, b]) => b - a);
  const most = Math.max(0, ...codes.map(([, count]) => count));
  return html`<section><h2>Plan file <span lang="zh-Hans">计划文件</span></h2>
<p>${grouped(dataLines)} data lines: ${grouped(accepted)} accepted${report.alreadyStored > 0 ? html` (${grouped(report.alreadyStored)} of them stored before)` : null}, ${grouped(dataLines - accepted)} rejected.</p>
${
  codes.length === 0
    ? null
    : html`<div class="scroll"><table><thead><tr><th>Reject code <span lang="zh-Hans">拒收码</span></th><th class="n">Lines</th><th>&nbsp;</th></tr></thead><tbody>
${codes.map(
  ([
    code,
    count,
  ]) => html`<tr><td class="code">${code}</td><td class="n">${grouped(count)}</td><td>${shareBar(count, most, `${count} lines`)}</td></tr>
`,
)}</tbody></table></div>`
}</section>`;
}
