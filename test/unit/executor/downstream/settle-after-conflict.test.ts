import { expect, test } from 'vitest';
import { decideSettlement, type SettleSubject } from '../../../../executor/downstream/settle-decision.ts';
import type { Verdict } from '../../../../executor/downstream/verdict.ts';

const conflicting = (detail: string): SettleSubject => ({
  item: { state: 'PROCESSING', attempt: 1 },
  call: { attempt: 1, state: 'UNKNOWN', code: null, gatewayRef: null },
  open: { reason: 'CONFLICTING', detail },
});
const otherRefusal: Verdict = { kind: 'refused_other', code: 'RISK_CONTROL_7' };

test('a refusal that once spoke of other values can still be confirmed, by a void in the end', () => {
  expect(decideSettlement(conflicting('FAILED_OTHER_VALUES'), otherRefusal, 'query')).toMatchObject({
    kind: 'open',
    reason: 'REFUSED_OTHER',
    detail: 'RISK_CONTROL_7',
  });
  expect(decideSettlement(conflicting('FAILED_OTHER_VALUES'), otherRefusal, 'void')).toMatchObject({
    kind: 'settle',
    outcome: { state: 'FAILED' },
  });
});

test('a refusal never outweighs a word that money moved', () => {
  for (const via of ['query', 'void'] as const) {
    expect(decideSettlement(conflicting('SUCCESS_OTHER_VALUES'), otherRefusal, via)).toMatchObject({
      kind: 'open',
      reason: 'CONFLICTING',
    });
  }
});
