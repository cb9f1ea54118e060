import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CallState, ItemState } from '../../../../executor/downstream/item-states.ts';
import {
  ATTEMPTS_MAX,
  decideSettlement,
  type SettleDecision,
  type SettledBy,
  type SettleSubject,
} from '../../../../executor/downstream/settle-decision.ts';
import type { Verdict } from '../../../../executor/downstream/verdict.ts';
import { VERDICTS, VIAS } from './settlements.ts';

const live = (more: Partial<SettleSubject> = {}): SettleSubject => ({
  item: { state: 'PROCESSING', attempt: 1 },
  call: { attempt: 1, state: 'SENT', code: null, gatewayRef: null },
  open: null,
  ...more,
});
const success: Verdict = { kind: 'success', gatewayRef: 'G1' };
const noFunds: Verdict = { kind: 'failed', code: 'INSUFFICIENT_FUNDS', gatewayRef: null };
const voided: Verdict = { kind: 'negative', code: 'VOIDED' };
const expired: Verdict = { kind: 'negative', code: 'EXPIRED' };
const other: Verdict = { kind: 'refused_other', code: 'SYSTEM_BUSY' };
const otherAmount: Verdict = { kind: 'conflicting', why: 'SUCCESS_OTHER_VALUES' };
const ended = (state: ItemState, call: CallState, code: string, more: { attempt?: number } = {}): SettleSubject => ({
  item: { state, attempt: more.attempt ?? 1 },
  call: { attempt: 1, state: call, code, gatewayRef: call === 'SUCCEEDED' ? 'G1' : null },
  open: null,
});

describe.each(VIAS)('a live call, by %s', (via) => {
  test('a full match settles it, whatever was said before', () => {
    for (const open of [
      null,
      { reason: 'CONFLICTING', detail: 'DUPLICATE_MISMATCH' },
      { reason: 'CONFLICTING', detail: 'SUCCESS_OTHER_VALUES' },
      { reason: 'REFUSED_OTHER', detail: 'SYSTEM_BUSY' },
    ]) {
      expect(decideSettlement(live({ open }), success, via)).toEqual({
        kind: 'settle',
        call: 'SUCCEEDED',
        outcome: { state: 'SUCCESS', code: 'OK', gatewayRef: 'G1', settledBy: via },
      });
    }
  });

  test('a business refusal fails it', () => {
    expect(decideSettlement(live(), noFunds, via)).toMatchObject({
      kind: 'settle',
      call: 'REFUSED',
      outcome: { state: 'FAILED', code: 'INSUFFICIENT_FUNDS', settledBy: via },
    });
  });

  test('a definite negative lets a new attempt follow, and after the fifth it is for people', () => {
    expect(decideSettlement(live(), voided, via)).toMatchObject({ kind: 'retry_wait', call: 'VOIDED' });
    expect(decideSettlement(live(), expired, via)).toMatchObject({ kind: 'retry_wait', call: 'REFUSED' });
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
      const at = live({ item: { state: 'PROCESSING', attempt }, call: { ...live().call, attempt } });
      expect(decideSettlement(at, voided, via).kind).toBe(attempt < 5 ? 'retry_wait' : 'manual');
    }
  });

  test('nothing that is unclear settles it or lets a new key follow', () => {
    const unclear = VERDICTS.filter(({ kind }) =>
      ['processing', 'not_found', 'missing', 'unclear', 'conflicting'].includes(kind),
    );
    for (const verdict of unclear) expect(decideSettlement(live(), verdict, via).kind).toBe('open');
  });

  test('PROCESSING is remembered, so that it is never voided by us', () => {
    expect(decideSettlement(live(), { kind: 'processing' }, via)).toMatchObject({ kind: 'open', accepted: true });
  });
});

describe('a refusal with a code we do not know', () => {
  test.each<SettledBy>(['reply', 'query', 'callback', 'file'])('is only noted when it comes by %s', (via) => {
    expect(decideSettlement(live(), other, via)).toMatchObject({
      kind: 'open',
      reason: 'REFUSED_OTHER',
      detail: 'SYSTEM_BUSY',
    });
  });
  test('is not believed when a void says it and no query has said it before', () => {
    for (const open of [null, { reason: 'UNCLEAR', detail: null }]) {
      expect(decideSettlement(live({ open }), other, 'void')).toMatchObject({ kind: 'open', reason: 'REFUSED_OTHER' });
    }
  });
  test('is believed when a void repeats it, and when a void promises that nothing happens', () => {
    const open = { reason: 'REFUSED_OTHER', detail: 'SYSTEM_BUSY' };
    expect(decideSettlement(live({ open }), other, 'void')).toMatchObject({ outcome: { state: 'FAILED' } });
    expect(decideSettlement(live({ open }), voided, 'void')).toMatchObject({
      outcome: { state: 'FAILED', code: 'SYSTEM_BUSY' },
    });
  });
  test('never lets a new attempt follow', () => {
    const open = { reason: 'REFUSED_OTHER', detail: 'SYSTEM_BUSY' };
    for (const verdict of VERDICTS) {
      for (const via of VIAS) expect(decideSettlement(live({ open }), verdict, via).kind).not.toBe('retry_wait');
    }
  });
});

describe('once a word was that money moved, though not in full', () => {
  const open = { reason: 'CONFLICTING', detail: 'SUCCESS_OTHER_VALUES' };
  test('no refusal, no void and no expiry settles it or lets a new key follow', () => {
    for (const verdict of VERDICTS.filter(({ kind }) => kind !== 'success')) {
      for (const via of VIAS) expect(decideSettlement(live({ open }), verdict, via).kind).toBe('open');
    }
  });
  test('a lesser conflict does not make it forgotten', () => {
    expect(decideSettlement(live({ open }), { kind: 'conflicting', why: 'DUPLICATE_MISMATCH' }, 'query')).toMatchObject(
      {
        detail: 'SUCCESS_OTHER_VALUES',
      },
    );
  });
});

describe('late evidence', () => {
  test('that says the same changes nothing', () => {
    expect(decideSettlement(ended('SUCCESS', 'SUCCEEDED', 'OK'), success, 'callback').kind).toBe('nothing');
    expect(decideSettlement(ended('FAILED', 'REFUSED', 'INSUFFICIENT_FUNDS'), noFunds, 'query').kind).toBe('nothing');
    expect(decideSettlement(ended('RETRY_WAIT', 'VOIDED', 'VOIDED'), voided, 'query').kind).toBe('nothing');
  });
  test('VOIDED and EXPIRED are the same answer: not executed', () => {
    expect(decideSettlement(ended('RETRY_WAIT', 'VOIDED', 'VOIDED'), expired, 'callback').kind).toBe('nothing');
    expect(decideSettlement(ended('RETRY_WAIT', 'REFUSED', 'EXPIRED'), voided, 'query').kind).toBe('nothing');
  });
  test('agrees with what people decided when it has the same sense, and contradicts it otherwise', () => {
    const byHand: SettleSubject = {
      ...ended('SUCCESS', 'SUCCEEDED', 'OK'),
      call: { ...live().call, state: 'SUCCEEDED' },
    };
    expect(decideSettlement(byHand, success, 'callback').kind).toBe('nothing');
    expect(decideSettlement(ended('FAILED', 'REFUSED', 'BY_HAND'), noFunds, 'callback').kind).toBe('nothing');
    expect(decideSettlement(ended('FAILED', 'REFUSED', 'BY_HAND'), success, 'callback').kind).toBe('contradiction');
    const retried = ended('PROCESSING', 'UNKNOWN', '', { attempt: 2 });
    expect(decideSettlement(retried, voided, 'query').kind).toBe('nothing');
    expect(decideSettlement(retried, success, 'query').kind).toBe('contradiction');
  });
  test('that is unclear changes nothing in a final state', () => {
    for (const verdict of VERDICTS.filter(({ kind }) =>
      ['processing', 'not_found', 'missing', 'unclear'].includes(kind),
    )) {
      for (const at of [ended('SUCCESS', 'SUCCEEDED', 'OK'), ended('FAILED', 'REFUSED', 'ACCOUNT_CLOSED')]) {
        expect(decideSettlement(at, verdict, 'query').kind).toBe('nothing');
      }
    }
  });
  test.each<[string, SettleSubject, Verdict, boolean]>([
    ['SUCCESS after FAILED', ended('FAILED', 'REFUSED', 'INSUFFICIENT_FUNDS'), success, false],
    ['FAILED after SUCCESS', ended('SUCCESS', 'SUCCEEDED', 'OK'), noFunds, false],
    ['VOIDED after SUCCESS', ended('SUCCESS', 'SUCCEEDED', 'OK'), voided, false],
    [
      'SUCCESS with another reference after SUCCESS',
      ended('SUCCESS', 'SUCCEEDED', 'OK'),
      { kind: 'success', gatewayRef: 'G2' },
      false,
    ],
    ['SUCCESS after VOIDED, waiting for the next attempt', ended('RETRY_WAIT', 'VOIDED', 'VOIDED'), success, true],
    ['SUCCESS of an older attempt', ended('PROCESSING', 'VOIDED', 'VOIDED', { attempt: 2 }), success, false],
    ['SUCCESS after the fifth attempt was voided', ended('MANUAL', 'VOIDED', 'VOIDED'), success, false],
    ['a success of another amount after VOIDED', ended('RETRY_WAIT', 'VOIDED', 'VOIDED'), otherAmount, true],
    ['a success of another amount after FAILED', ended('FAILED', 'REFUSED', 'INSUFFICIENT_FUNDS'), otherAmount, false],
  ])('%s: the first is kept, both are listed', (_what, at, verdict, toManual) => {
    expect(decideSettlement(at, verdict, 'callback')).toMatchObject({ kind: 'contradiction', toManual });
  });
  test('a full match settles what people were to decide, and nothing less does', () => {
    const manual = ended('MANUAL', 'UNKNOWN', 'CONFLICTING');
    expect(decideSettlement(manual, success, 'query')).toMatchObject({ kind: 'settle', outcome: { state: 'SUCCESS' } });
    for (const verdict of VERDICTS.filter(({ kind }) => kind !== 'success')) {
      expect(['nothing', 'contradiction']).toContain(decideSettlement(manual, verdict, 'query').kind);
    }
  });
});

/** One item and its one call as the store keeps them: applies decisions as the settling transaction does. */
function settleAll(evidence: readonly (readonly [Verdict, SettledBy])[]): { state: ItemState; call: CallState } {
  let subject = live();
  for (const [verdict, via] of evidence) subject = after(subject, decideSettlement(subject, verdict, via), verdict);
  return { state: subject.item.state, call: subject.call.state };
}

function after(subject: SettleSubject, decision: SettleDecision, verdict: Verdict): SettleSubject {
  const to = (state: ItemState, call: CallState, code: string, gatewayRef: string | null): SettleSubject => ({
    item: { ...subject.item, state },
    call: { ...subject.call, state: call, code, gatewayRef },
    open: null,
  });
  switch (decision.kind) {
    case 'settle':
      return to(decision.outcome.state, decision.call, decision.outcome.code, decision.outcome.gatewayRef);
    case 'retry_wait':
      return to('RETRY_WAIT', decision.call, decision.code, null);
    case 'manual':
      return to('MANUAL', decision.call ?? subject.call.state, decision.reason, null);
    case 'open':
      return {
        ...subject,
        call: { ...subject.call, state: 'UNKNOWN' },
        open: { reason: decision.reason, detail: decision.detail },
      };
    case 'contradiction':
      throw new Error(`contradiction in evidence without one: ${decision.kept} / ${decision.other} by ${verdict.kind}`);
    case 'nothing':
      return subject;
  }
}

describe('I11: the order and the number of the same evidence do not matter', () => {
  // Evidence without two definite answers that contradict: any unclear words, and one definite answer, many times.
  const unclear: Verdict[] = [
    { kind: 'processing' },
    { kind: 'not_found' },
    { kind: 'missing' },
    { kind: 'unclear', why: 'unknown status' },
    { kind: 'conflicting', why: 'DUPLICATE_MISMATCH' },
    { kind: 'conflicting', why: 'EXPIRED_RESENT' },
    { kind: 'conflicting', why: 'FAILED_CODE_OK' },
    { kind: 'conflicting', why: 'FAILED_OTHER_VALUES' },
  ];
  const withSuccess: Verdict[] = [...unclear, other, otherAmount, { kind: 'conflicting', why: 'SUCCESS_NO_REF' }];
  const definite: [string, Verdict, Verdict[], ItemState][] = [
    ['SUCCESS', success, withSuccess, 'SUCCESS'],
    // A word that money moved contradicts a refusal, so it is not among what may come with one.
    ['FAILED', noFunds, [...unclear, other], 'FAILED'],
    ['VOIDED', voided, unclear, 'RETRY_WAIT'],
    ['EXPIRED', expired, unclear, 'RETRY_WAIT'],
  ];
  // A file only ever says SUCCESS; a void that repeats an unknown refusal makes it definite.
  const via = (verdict: Verdict) =>
    fc.constantFrom<SettledBy>(
      ...VIAS.filter((one) => one !== 'file' || verdict.kind === 'success').filter(
        (one) => one !== 'void' || verdict.kind !== 'refused_other',
      ),
    );

  test.each(definite)('with %s among it', (_name, said, others, expected) => {
    const one = (verdict: Verdict) => via(verdict).map((by) => [verdict, by] as const);
    const evidence = fc
      .tuple(
        fc.array(fc.constantFrom(...others).chain(one), { maxLength: 12 }),
        fc.array(one(said), { minLength: 1, maxLength: 4 }),
      )
      .chain(([a, b]) => fc.shuffledSubarray([...a, ...b], { minLength: a.length + b.length }));
    fc.assert(
      fc.property(evidence, (list) => {
        expect(settleAll(list).state).toBe(expected);
      }),
      { numRuns: 400 },
    );
  });

  test('with none among it the item stays PROCESSING', () => {
    const word = fc.constantFrom(...withSuccess).chain((verdict) => via(verdict).map((by) => [verdict, by] as const));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 15 }), (list) => {
        expect(settleAll(list).state).toBe('PROCESSING');
      }),
      { numRuns: 400 },
    );
  });
});
