import type { CallRow } from './call-rows.ts';
import { askAbout, type CallResult, cut, type Exchanged } from './exchange-calls.ts';
import { type SweepRules, stepAfterAbsence, stepAfterRefusedOther } from './next-step.ts';
import type { OpenCall, SweepRound } from './sweep-round.ts';
import type { SweepSends } from './sweep-sends.ts';

/** What a sweep asks: a query for each open call, and then what P7 permits: repeat, void, or wait. */
export class SweepQuestions {
  readonly #round: SweepRound;
  readonly #sends: SweepSends;

  constructor(round: SweepRound, sends: SweepSends) {
    this.#round = round;
    this.#sends = sends;
  }

  async ask(open: readonly OpenCall[]): Promise<void> {
    const perRequest = this.#round.context.capabilities.batchMax;
    for (const part of cut(open, perRequest)) {
      if (this.#round.isStopped()) {
        await this.#round.later(
          part.map(({ row }) => row),
          1_000,
        );
        continue;
      }
      const nowMs = await this.#nowMs();
      const exchanged = await askAbout(
        this.#round.context,
        'query',
        part.map(({ call }) => call),
        nowMs,
      );
      this.#round.report.asked += part.length;
      await this.#round.settle(exchanged, 'query');
      await this.#next(part, exchanged, nowMs);
    }
  }

  /** P7: what may be done next about those that the query left unclear. */
  async #next(open: readonly OpenCall[], exchanged: Exchanged, nowMs: number): Promise<void> {
    const rules = this.#round.rules();
    const repeats: OpenCall[] = [];
    const voids: OpenCall[] = [];
    const believed: OpenCall[] = [];
    const given: OpenCall[] = [];
    for (const one of open) {
      const result = exchanged.result(one.call);
      const isConflict = result.kind === 'judged' && result.verdict.kind === 'conflicting';
      if (one.row.reason === 'CONFLICTING' || isConflict) {
        if (isOver(one.call, result, nowMs, rules)) given.push(one);
        continue;
      }
      const step = stepAfter(one, result, nowMs, rules);
      if (step === 'repeat') repeats.push(one);
      else if (step === 'void') voids.push(one);
      else if (step === 'fail') believed.push(one);
    }
    await this.#settleAs(given, () => ({ kind: 'give_up', reason: 'CONFLICTING' }));
    await this.#settleAs(believed, ({ row }) => ({
      kind: 'judged',
      verdict: { kind: 'refused_other', code: row.detail ?? 'UNKNOWN', confirmed: true },
    }));
    await this.#sends.sendAgain(repeats);
    if (voids.length === 0 || this.#round.isStopped()) return;
    const answer = await askAbout(
      this.#round.context,
      'void',
      voids.map(({ call }) => call),
      // Not when the query was decided on: it may have waited for the rate until the key was dead.
      await this.#nowMs(),
    );
    await this.#round.settle(answer, 'void');
  }

  #nowMs(): Promise<number> {
    return this.#round.context.store.read('read-clock', async (db) => db.nowMs);
  }

  async #settleAs(open: readonly OpenCall[], result: (one: OpenCall) => CallResult): Promise<void> {
    for (const one of open) {
      await this.#round.settle(
        {
          calls: [one.call],
          result: () => result(one),
          evidence: {
            kind: 'query',
            runId: one.call.runId,
            asked: 1,
            firstRequestNo: one.call.requestNo,
            httpStatus: null,
            outcome: 'concluded',
            body: one.row.detail ?? one.row.reason,
          },
        },
        'query',
      );
    }
  }
}

/** Conflicting answers stay a question until nothing more can be learnt: the cut-off, or the end of the key's life. */
function isOver(call: CallRow, result: CallResult, nowMs: number, rules: SweepRules): boolean {
  if (result.kind === 'judged' && result.verdict.kind === 'success') return false;
  return nowMs >= rules.cutOffAtMs || nowMs >= call.keyDeadAt;
}

function stepAfter({ call, row }: OpenCall, result: CallResult, nowMs: number, rules: SweepRules): string {
  if (result.kind !== 'judged') return 'query';
  const { verdict } = result;
  if (verdict.kind === 'refused_other') {
    const repeated = row.reason === 'REFUSED_OTHER' && verdict.code === row.detail;
    return stepAfterRefusedOther(call, { repeated }, nowMs, rules);
  }
  const kind = verdict.kind === 'not_found' || verdict.kind === 'missing' ? verdict.kind : 'other';
  const counts = kind === 'missing' && nowMs - row.missingAt >= rules.visibilityMs / 3;
  return stepAfterAbsence(call, { kind, missingCount: row.missingCount + (counts ? 1 : 0) }, nowMs, rules);
}
