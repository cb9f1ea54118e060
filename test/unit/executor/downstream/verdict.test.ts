import { describe, expect, test } from 'vitest';
import type { AnswerEntry } from '../../../../executor/downstream/define-downstream.ts';
import {
  type JudgedCall,
  judgeAnswer,
  judgeEntries,
  REFUSAL_CODES,
  type Verdict,
  type Via,
} from '../../../../executor/downstream/verdict.ts';

const KEY_DEAD_AT = 1_000_000;
const call = (sends = 1): JudgedCall => ({
  requestNo: 'test.C1.1.P.1.1',
  amountMinor: 1_250,
  currency: 'CNY',
  sends,
  keyDeadAt: KEY_DEAD_AT,
});
const entry = (more: Partial<AnswerEntry> = {}): AnswerEntry => ({
  requestNo: 'test.C1.1.P.1.1',
  status: 'SUCCESS',
  code: 'OK',
  gatewayRef: 'G1',
  amount: 1_250,
  currency: 'CNY',
  ...more,
});
const failed = (code: unknown, more: Partial<AnswerEntry> = {}) => entry({ status: 'FAILED', code, ...more });
const without = (field: keyof AnswerEntry): AnswerEntry => {
  const { [field]: _left, ...rest } = entry();
  return rest as AnswerEntry;
};
const judge = (one: AnswerEntry | AnswerEntry[], given: { via?: Via; sends?: number; nowMs?: number } = {}): Verdict =>
  judgeEntries(call(given.sends), [one].flat(), { via: given.via ?? 'query', nowMs: given.nowMs ?? 0 });

const VIAS: Via[] = ['reply', 'query', 'void', 'callback'];

describe.each(VIAS)('by %s', (via) => {
  test('SUCCESS that matches in code, amount, currency and has a reference is a success', () => {
    expect(judge(entry(), { via })).toEqual({ kind: 'success', gatewayRef: 'G1' });
  });

  test('SUCCESS counts after the key has died, too', () => {
    expect(judge(entry(), { via, nowMs: KEY_DEAD_AT + 1 })).toMatchObject({ kind: 'success' });
  });

  test.each([
    ['another amount', entry({ amount: 1_251 })],
    ['the amount as text', entry({ amount: '1250' })],
    ['half a minor unit', entry({ amount: 1_250.5 })],
    ['1e21', entry({ amount: 1e21 })],
    ['no amount', without('amount')],
    ['amount null', entry({ amount: null })],
    ['NaN', entry({ amount: Number.NaN })],
    ['a negative amount', entry({ amount: -1_250 })],
    ['another currency', entry({ currency: 'USD' })],
    ['no currency', without('currency')],
    ['another code', entry({ code: 'INSUFFICIENT_FUNDS' })],
    ['no code', without('code')],
    ['no reference', without('gatewayRef')],
    ['an empty reference', entry({ gatewayRef: '' })],
    ['a number for a reference', entry({ gatewayRef: 7 })],
    ['a reference longer than the column', entry({ gatewayRef: 'G'.repeat(129) })],
  ])('SUCCESS with %s is a conflict', (_what, one) => {
    expect(judge(one, { via })).toMatchObject({ kind: 'conflicting', why: expect.stringMatching(/^SUCCESS/) });
  });

  test.each(REFUSAL_CODES)('FAILED with %s is a refusal for tonight, before and after the key has died', (code) => {
    for (const nowMs of [0, KEY_DEAD_AT + 1]) {
      expect(judge(failed(code), { via, nowMs })).toMatchObject({ kind: 'failed', code });
    }
    expect(judge(failed(code, { amount: undefined, currency: undefined, gatewayRef: undefined }), { via })).toEqual({
      kind: 'failed',
      code,
      gatewayRef: null,
    });
  });

  test.each([
    ['another amount', failed('INSUFFICIENT_FUNDS', { amount: 1 })],
    ['an amount that is no integer', failed('INSUFFICIENT_FUNDS', { amount: 12.5 })],
    ['an amount as text', failed('ACCOUNT_CLOSED', { amount: '1250' })],
    ['another currency', failed('LIMIT_EXCEEDED', { currency: 'USD' })],
    ['code OK', failed('OK')],
    ['EXPIRED and another amount', failed('EXPIRED', { amount: 1 })],
  ])('FAILED with %s contradicts itself', (_what, one) => {
    expect(judge(one, { via })).toMatchObject({ kind: 'conflicting' });
  });

  test('EXPIRED of a call that was sent at most once is a definite negative', () => {
    for (const sends of [0, 1]) {
      expect(judge(failed('EXPIRED'), { via, sends })).toEqual({ kind: 'negative', code: 'EXPIRED' });
    }
  });

  test('EXPIRED of a call that was sent more than once proves nothing', () => {
    for (const sends of [2, 3]) {
      expect(judge(failed('EXPIRED'), { via, sends })).toEqual({ kind: 'conflicting', why: 'EXPIRED_RESENT' });
    }
  });

  test('DUPLICATE_MISMATCH is a conflict', () => {
    expect(judge(failed('DUPLICATE_MISMATCH'), { via })).toEqual({ kind: 'conflicting', why: 'DUPLICATE_MISMATCH' });
  });

  test.each([
    'SYSTEM_BUSY',
    'NOT_FOUND',
    'VOIDED',
    'insufficient_funds',
    ' INSUFFICIENT_FUNDS',
  ])('FAILED with code "%s" is a refusal that is not believed yet', (code) => {
    expect(judge(failed(code), { via })).toEqual({ kind: 'refused_other', code });
  });

  test.each([undefined, null, '', 7, {}])('FAILED with code %j says nothing', (code) => {
    expect(judge(failed(code), { via }).kind).toBe('unclear');
  });

  test('PROCESSING is PROCESSING', () => {
    expect(judge(entry({ status: 'PROCESSING', code: 'OK' }), { via })).toEqual({ kind: 'processing' });
  });

  test.each([
    undefined,
    null,
    'success',
    'DONE',
    200,
    ['SUCCESS'],
    { a: 1 },
    true,
  ])('status %j says nothing', (status) => {
    expect(judge(entry({ status }), { via }).kind).toBe('unclear');
  });

  test('entries repeated and equal in all fields are one entry', () => {
    expect(judge([entry(), entry(), entry()], { via })).toMatchObject({ kind: 'success' });
  });

  test.each([
    ['status', entry({ status: 'PROCESSING' })],
    ['code', entry({ code: 'EXPIRED' })],
    ['reference', entry({ gatewayRef: 'G2' })],
    ['amount', entry({ amount: 1 })],
    ['type of amount', entry({ amount: '1250' })],
    ['currency', entry({ currency: 'USD' })],
    ['message', entry({ message: 'other' })],
  ])('entries that differ in %s say nothing, in either order', (_field, other) => {
    expect(judge([entry(), other], { via }).kind).toBe('unclear');
    expect(judge([other, entry(), entry()], { via }).kind).toBe('unclear');
  });

  test('no entry is missing, which is less than NOT_FOUND', () => {
    expect(judge([], { via })).toEqual({ kind: 'missing' });
  });
});

describe('VOIDED', () => {
  const voided = entry({ status: 'VOIDED', code: 'VOIDED' });

  test.each<Via>(['query', 'void'])('by %s before the key has died is a definite negative', (via) => {
    expect(judge(voided, { via, nowMs: KEY_DEAD_AT - 1 })).toEqual({ kind: 'negative', code: 'VOIDED' });
  });
  test.each<Via>(['query', 'void'])('by %s after the key has died proves nothing', (via) => {
    expect(judge(voided, { via, nowMs: KEY_DEAD_AT }).kind).toBe('unclear');
  });
  test.each<Via>(['reply', 'callback'])('by %s proves nothing: only a query and a void speak of the key', (via) => {
    expect(judge(voided, { via }).kind).toBe('unclear');
  });
});

describe('NOT_FOUND', () => {
  const notFound = entry({ status: 'NOT_FOUND', code: 'NOT_FOUND' });
  test.each<Via>(['query', 'void'])('by %s is not found', (via) => {
    expect(judge(notFound, { via })).toEqual({ kind: 'not_found' });
  });
  test.each<Via>(['reply', 'callback'])('by %s says nothing at all', (via) => {
    expect(judge(notFound, { via }).kind).toBe('unclear');
  });
});

describe('a whole answer', () => {
  const calls = ['A', 'B', 'C'].map((requestNo) => ({ ...call(), requestNo }));
  const of = (requestNo: unknown, more: Partial<AnswerEntry> = {}) => entry({ requestNo, ...more });
  const context = { via: 'reply', nowMs: 0 } as const;

  test('is read by request number, in whatever order it comes', () => {
    const verdicts = judgeAnswer(calls, [of('C'), of('A'), of('B', { status: 'PROCESSING' })], context);
    expect([...verdicts].map(([requestNo, { kind }]) => [requestNo, kind])).toEqual([
      ['A', 'success'],
      ['B', 'processing'],
      ['C', 'success'],
    ]);
  });

  test('entries that nobody asked for, or without a readable number, are not looked at', () => {
    const verdicts = judgeAnswer(calls, [of('X'), of(7), of(null), of(['A']), of('A '), of('a')], context);
    expect([...verdicts.values()].map(({ kind }) => kind)).toEqual(['missing', 'missing', 'missing']);
    expect(verdicts.has('X')).toBe(false);
  });

  test('one call that is said twice and differently leaves the others clear', () => {
    const verdicts = judgeAnswer(calls, [of('A'), of('B'), of('B', { amount: 1 }), of('C')], context);
    expect([...verdicts.values()].map(({ kind }) => kind)).toEqual(['success', 'unclear', 'success']);
  });

  test('an answer of another call of ours does not count for this one', () => {
    expect(judgeAnswer(calls.slice(0, 1), [of('B')], context).get('A')).toEqual({ kind: 'missing' });
  });
});
