import { grouped, type Html, html, moneyText } from './html-text.ts';
import type { NightReport } from './night-report.ts';

/** What each part of conservation claims, and the kinds of difference that would break it. */
const PARTS = [
  [
    'What came in is what is there: success + failed + blocked + unresolved, recounted from calls and ledger',
    ['MANIFEST_SUM', 'RECOUNT'],
  ],
  ['The sum of the successes is the sum of the ledger', ['LEDGER_SUM']],
  [
    'Every settlement line belongs to a call of ours, with equal account, currency and amount, once per plan',
    ['ONLY_GATEWAY', 'AMOUNT_DIFFERS', 'STATE_DIFFERS', 'DOUBLE_DEBIT'],
  ],
  ['Every success has its settlement line', ['ONLY_OURS']],
  ['The settlement files could be had', ['NO_SETTLEMENT_FILE']],
] as const;

export function conservationSection(report: NightReport): Html {
  if (report.exitCode === 2) return html``;
  const { reconciliation: r, conservation } = report;
  return html`<section><h2>Conservation and reconciliation <span lang="zh-Hans">守恒与对账</span></h2>
<ul class="checks">${PARTS.map(([claim, kinds]) => checkOf(report, claim, kinds))}</ul>
<h3>Three-way match <span lang="zh-Hans">三方核对</span></h3>
<div class="scroll"><table><thead><tr><th class="n">File lines</th><th class="n">Matched</th><th class="n">Other nights</th><th class="n">Only ours</th><th class="n">Only gateway</th><th class="n">Amount differs</th><th class="n">State differs</th><th class="n">Double debit</th></tr></thead><tbody>
<tr>${[r.fileLines, r.matched, report.otherNights, r.onlyOurs, r.onlyGateway, r.amountDiffers, r.stateDiffers, r.doubleDebits].map((n) => html`<td class="n">${grouped(n)}</td>`)}</tr></tbody></table></div>
${carriedOverOf(report)}
${contradictionsOf(report)}
${conservation.differencesTotal === 0 ? null : differencesOf(report)}</section>`;
}

function checkOf(report: NightReport, claim: string, kinds: readonly string[]): Html {
  const found = report.conservation.differences;
  if (found.some(({ kind }) => kind === 'NOT_RECONCILED'))
    return html`<li><span class="open">?</span><span>${claim}: not proven</span></li>`;
  const noFiles = found.some(({ kind }) => kind === 'NO_SETTLEMENT_FILE');
  const needsFiles = kinds.includes('ONLY_OURS') || kinds.includes('ONLY_GATEWAY');
  if (isBroken(report, kinds)) return html`<li><span class="no">✕</span><span>${claim}: <b>no</b></span></li>`;
  if (noFiles && needsFiles)
    return html`<li><span class="open">?</span><span>${claim}: not proven without all files</span></li>`;
  return html`<li><span class="yes">✓</span><span>${claim}</span></li>`;
}

/** The list is cut at a thousand, so the counts are asked as well. */
function isBroken({ conservation, reconciliation: r }: NightReport, kinds: readonly string[]): boolean {
  const counted =
    (kinds.includes('ONLY_OURS') ? r.onlyOurs : 0) +
    (kinds.includes('ONLY_GATEWAY') ? r.onlyGateway + r.amountDiffers + r.stateDiffers + r.doubleDebits : 0);
  return counted > 0 || conservation.differences.some(({ kind }) => kinds.includes(kind));
}

function carriedOverOf({ carriedOver }: NightReport): Html | null {
  if (carriedOver.count === 0) return null;
  return html`<h3>Carried over from earlier nights <span lang="zh-Hans">上夜在途</span></h3>
<p>${grouped(carriedOver.count)} in flight when the night began: ${grouped(carriedOver.settled)} settled since, ${grouped(carriedOver.stillOpen)} still open (${Object.entries(carriedOver.byCurrency).map(([currency, one], index) => `${index > 0 ? ', ' : ''}${currency} ${moneyText(one.carried.amountMinor, currency)}`)}).</p>`;
}

function contradictionsOf({ contradictions }: NightReport): Html | null {
  if (contradictions.length === 0) return null;
  return html`<h3>Contradicting answers, the first kept <span lang="zh-Hans">矛盾应答</span></h3><div class="scroll"><table><thead><tr><th>Request number</th><th>Contract</th><th>What was said</th></tr></thead><tbody>
${contradictions.slice(0, 200).map(
  (
    one,
  ) => html`<tr><td class="code">${one.requestNo}</td><td class="code">${one.contractNo}</td><td class="note">${one.note}</td></tr>
`,
)}</tbody></table></div>`;
}

function differencesOf({ conservation }: NightReport): Html {
  const shown = conservation.differences.slice(0, 200);
  const total = conservation.differencesTotal;
  return html`<h3>Differences <span lang="zh-Hans">差异明细</span></h3>
${shown.length < total ? html`<p class="meta">The first ${shown.length} of ${grouped(total)}; all of them are in differences.csv.</p>` : null}
<div class="scroll"><table><thead><tr><th>Kind</th><th>Request number</th><th>Contract</th><th>Leg</th><th class="n">Ours (minor)</th><th class="n">File (minor)</th><th>Note</th></tr></thead><tbody>
${shown.map(
  (
    one,
  ) => html`<tr><td><b>${one.kind}</b></td><td class="code">${one.requestNo}</td><td class="code keep">${one.contractNo}${one.period === null ? null : ` / ${one.period}`}</td><td>${one.leg}</td><td class="n">${one.oursMinor === null ? null : `${grouped(one.oursMinor)} ${one.currency ?? ''}`}</td><td class="n">${one.gatewayMinor === null ? null : typeof one.gatewayMinor === 'string' ? one.gatewayMinor : grouped(one.gatewayMinor)}</td><td class="note">${one.note}</td></tr>
`,
)}</tbody></table></div>`;
}
