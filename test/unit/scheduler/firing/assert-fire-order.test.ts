import { expect, test } from 'vitest';
import { assertFireOrder } from '../../../../scheduler/firing/assert-fire-order.ts';

test.each(['20261120', '2026-02-30', '2026-11-2', ''])('the business date "%s" is refused by name', (businessDate) => {
  expect(() => assertFireOrder({ businessDate, requestId: 'one' })).toThrow('businessDate');
});

test.each(['', 'x'.repeat(129)])('the request id "%s" is refused by name', (requestId) => {
  expect(() => assertFireOrder({ businessDate: '2026-11-20', requestId })).toThrow('requestId');
});
