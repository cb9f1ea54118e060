import { describe, expect, test } from 'vitest';
import { decidePremiumGate, type PremiumSeen } from '../../../../../executor/examples/settlement/premium-gate.ts';
import { stateAfterRefusal } from '../../../../../executor/examples/settlement/settlement-jobs.ts';

const TODAY = '2026-11-20';
const plan = (state: 'open' | 'paid' | 'given_up' | 'held', more: object = {}): PremiumSeen['plan'] => ({
  state,
  dueDate: TODAY,
  failedTonight: false,
  ...more,
});
const gate = (seen: Partial<PremiumSeen>) => decidePremiumGate({ plan: null, rejectedTonight: false, ...seen }, TODAY);

describe('the gate of a principal', () => {
  test.each<[string, Partial<PremiumSeen>, string]>([
    ['no premium', {}, 'debit'],
    ['paid', { plan: plan('paid') }, 'debit'],
    ['paid, and a line of it rejected', { plan: plan('paid'), rejectedTonight: true }, 'debit'],
    ['due tomorrow', { plan: plan('open', { dueDate: '2026-11-21' }) }, 'debit'],
    ['rejected tonight, none stored', { rejectedTonight: true }, 'blocked PREMIUM_REJECTED'],
    ['due today and open', { plan: plan('open') }, 'wait PREMIUM_OPEN'],
    ['overdue and open', { plan: plan('open', { dueDate: '2026-01-01' }) }, 'wait PREMIUM_OPEN'],
    [
      'failed tonight, open for another night',
      { plan: plan('open', { failedTonight: true }) },
      'blocked PREMIUM_FAILED',
    ],
    ['given up', { plan: plan('given_up') }, 'blocked PREMIUM_FAILED'],
    ['given up, due later', { plan: plan('given_up', { dueDate: '2026-11-21' }) }, 'blocked PREMIUM_FAILED'],
    ['on hold', { plan: plan('held') }, 'wait PREMIUM_OPEN'],
    ['on hold, due later', { plan: plan('held', { dueDate: '2026-11-21' }) }, 'wait PREMIUM_OPEN'],
  ])('%s', (_what, seen, expected) => {
    const decision = gate(seen);
    expect(decision === null ? 'debit' : `${decision.kind} ${decision.reason}`).toBe(expected);
  });
});

describe('a plan after a refusal', () => {
  test.each([
    ['INSUFFICIENT_FUNDS', 1, 'open'],
    ['INSUFFICIENT_FUNDS', 2, 'open'],
    ['INSUFFICIENT_FUNDS', 3, 'given_up'],
    ['LIMIT_EXCEEDED', 2, 'open'],
    ['LIMIT_EXCEEDED', 3, 'given_up'],
    ['ACCOUNT_CLOSED', 1, 'given_up'],
    ['SYSTEM_BUSY', 1, 'given_up'],
  ])('%s in presentation %i is %s', (code, presentation, expected) => {
    const outcome = { state: 'FAILED', code, gatewayRef: null, settledBy: 'reply' } as const;
    expect(stateAfterRefusal({ outcome, presentation })).toBe(expected);
  });
});
