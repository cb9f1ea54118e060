import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openBooksFile } from '../../../../../../executor/examples/settlement/gateway-simulator/books-schema.ts';
import type { BookEntry } from '../../../../../../executor/examples/settlement/gateway-simulator/books-types.ts';
import { businessCalendar } from '../../../../../../executor/examples/settlement/gateway-simulator/business-date.ts';
import { composeAnswer } from '../../../../../../executor/examples/settlement/gateway-simulator/compose-answer.ts';
import {
  decideFate,
  statedAmount,
} from '../../../../../../executor/examples/settlement/gateway-simulator/debit-fate.ts';
import {
  type Dials,
  QUIET,
  turnDials,
} from '../../../../../../executor/examples/settlement/gateway-simulator/dials.ts';
import { draw, hits } from '../../../../../../executor/examples/settlement/gateway-simulator/draw.ts';
import { PRESETS, presetDials } from '../../../../../../executor/examples/settlement/gateway-simulator/presets.ts';
import { createRateWindow } from '../../../../../../executor/examples/settlement/gateway-simulator/rate-window.ts';
import { decideRequest } from '../../../../../../executor/examples/settlement/gateway-simulator/request-fate.ts';
import { checkSimulatorOptions } from '../../../../../../executor/examples/settlement/gateway-simulator/simulator-options.ts';

const requestNos = Array.from({ length: 20_000 }, (_, at) => `prod.C${100_000 + at}.1.P.1.1`);
const share = (hit: (requestNo: string) => boolean): number => requestNos.filter(hit).length / requestNos.length;

describe('draws', () => {
  test.each([
    0.001, 0.01, 0.03, 0.5,
  ])('a rate of %d hits about that share of requestNos that differ in one digit', (rate) => {
    expect(share((no) => hits(rate, 7, 'salt', no))).toBeGreaterThan(rate * 0.6);
    expect(share((no) => hits(rate, 7, 'salt', no))).toBeLessThan(rate * 1.4);
  });

  test('two questions about one debit are independent', () => {
    const both = share((no) => hits(0.1, 1, 'one', no) && hits(0.1, 1, 'two', no));
    expect(both).toBeGreaterThan(0.006);
    expect(both).toBeLessThan(0.014);
  });

  test('0 never hits, 1 always does, and another seed draws otherwise', () => {
    expect(share((no) => hits(0, 1, 's', no))).toBe(0);
    expect(share((no) => hits(1, 1, 's', no))).toBe(1);
    expect(draw(1, 's', 'A')).toBe(draw(1, 's', 'A'));
    expect(draw(1, 's', 'A')).not.toBe(draw(2, 's', 'A'));
  });
});

describe('dials', () => {
  test.each([
    [{ lostAnswerRate: 1.1 }, /lostAnswerRate/],
    [{ lostAnswerRate: '1' }, /lostAnswerRate/],
    [{ latencyMs: -1 }, /latencyMs/],
    [{ rateLimit: 1 }, /rateLimit/],
    [{ clockSkewMs: 0.5 }, /clockSkewMs/],
    [{ lostAnswers: 1 }, /lostAnswers.*no such dial/],
    [{ processingMinMs: 5, processingMaxMs: 4 }, /processingMaxMs/],
    [{ outages: [{ fromMs: 0 }] }, /outages\[0\]/],
    [{ outages: [{ fromMs: 0, forMs: 1, how: 'sleep' }] }, /outages\[0\]/],
    [{ outages: [{ fromMs: 0, forMs: 1, how: 'cut', rate: 2 }] }, /outages\[0\]/],
    [{ outages: [{ fromMs: 0, forMs: 1, how: 'cut', endpoints: ['send'] }] }, /outages\[0\]/],
    [[], /JSON object/],
  ])('%j is refused by the name of the dial', (given, why) => {
    expect(() => turnDials(QUIET, given)).toThrow(
      expect.objectContaining({ code: 'BAD_OPTION', message: expect.stringMatching(why) }),
    );
  });

  test.each(PRESETS)('the preset %s passes its own check', (preset) => {
    expect(turnDials(QUIET, presetDials(preset))).toEqual(presetDials(preset));
  });

  test('no preset falsifies the books of the gateway itself', () => {
    for (const preset of PRESETS) {
      const { reversalRate, contradictionRate, duplicateSuccessRate, ignoreIdempotencyRate } = presetDials(preset);
      expect([reversalRate, contradictionRate, duplicateSuccessRate, ignoreIdempotencyRate]).toEqual([0, 0, 0, 0]);
    }
  });

  test('unsettled leaves some debits undecided for ever, and calls the amount of others wrongly each time', () => {
    const dials = presetDials('unsettled');
    const undecided = requestNos.filter((no) => {
      const { status, change } = decideFate(dials, 1, no, 1_000);
      return status === 'PROCESSING' && change === null;
    });
    const wrong = requestNos.filter((no) => statedAmount(dials, 1, no, 100) !== 100);
    expect(undecided.length / requestNos.length).toBeCloseTo(0.08, 1);
    expect(wrong.length / requestNos.length).toBeCloseTo(0.08, 1);
    expect(requestNos.every((no) => statedAmount(presetDials('moderate'), 1, no, 100) === 100)).toBe(true);
  });

  test('moderate refuses about 3 % and answers PROCESSING to about 5 %', () => {
    const fates = requestNos.map((no) => decideFate(presetDials('moderate'), 1, no, 1_000));
    const part = (keep: (fate: (typeof fates)[number]) => boolean) => fates.filter(keep).length / fates.length;
    expect(part((fate) => fate.status === 'PROCESSING')).toBeCloseTo(0.05, 2);
    expect(part((fate) => (fate.change ?? fate).status === 'FAILED')).toBeCloseTo(0.03, 2);
    for (const { change } of fates) if (change) expect(change.afterMs).toBeGreaterThanOrEqual(1_000);
    for (const { change } of fates) if (change) expect(change.afterMs).toBeLessThanOrEqual(4_000);
  });
});

describe('options', () => {
  const good = { books: '/tmp/x.sqlite', key: 'a-key' };
  test.each([
    [{ port: 70_000 }, /port/],
    [{ seed: 0.5 }, /seed/],
    [{ businessDate: '20.11.2026' }, /businessDate/],
    [{ timeZone: 'Mars/Olympus' }, /timeZone/],
    [{ callbackUrl: 'http://169.254.169.254/' }, /callbackUrl.*loopback/],
    [{ callbackUrl: 'nowhere' }, /callbackUrl/],
    [{ books: '' }, /books/],
    [{ key: '' }, /key/],
    [{ preset: 'wild' as 'none' }, /preset/],
    [{ capabilities: { batchMax: 0 } }, /batchMax/],
    [{ dials: { latencyMs: -1 } }, /latencyMs/],
  ])('%j is refused by its name', (change, why) => {
    expect(() => checkSimulatorOptions({ ...good, ...change })).toThrow(why);
  });
});

describe('the rate limit', () => {
  test('no window of a second holds more than the limit, wherever it begins', () => {
    const rate = createRateWindow(10);
    const admitted: number[] = [];
    for (let ms = 0; ms < 5_000; ms += 7) if (rate.admit(ms)) admitted.push(ms);
    for (const from of admitted) {
      expect(admitted.filter((ms) => ms >= from && ms < from + 1_000).length).toBeLessThanOrEqual(10);
    }
    expect(admitted.length).toBeGreaterThanOrEqual(50);
  });

  test('a rate below one is one request in a longer window', () => {
    const rate = createRateWindow(0.5);
    expect([0, 1_000, 1_999, 2_000].map((ms) => rate.admit(ms))).toEqual([true, false, false, true]);
  });
});

test('the books are on disk when a COMMIT returns', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-'));
  const db = openBooksFile(join(folder, 'books.sqlite'));
  try {
    expect(db.prepare('pragma journal_mode').get()).toEqual({ journal_mode: 'wal' });
    // 2 is FULL: the log is synced at each COMMIT.
    expect(db.prepare('pragma synchronous').get()).toEqual({ synchronous: 2 });
  } finally {
    db.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

test('the business date follows the time zone, or is the one that was given', () => {
  const atMs = Date.parse('2026-11-20T16:30:00Z');
  expect(businessCalendar('UTC', null)(atMs)).toBe('2026-11-20');
  expect(businessCalendar('Asia/Shanghai', null)(atMs)).toBe('2026-11-21');
  expect(businessCalendar('UTC', '2026-01-01')(atMs)).toBe('2026-01-01');
});

test('an outage hits its endpoints, in its time, at its rate', () => {
  const dials: Dials = { ...QUIET, outages: [{ fromMs: 100, forMs: 50, how: 'cut', rate: 0.5, endpoints: ['query'] }] };
  const fate = (sinceStartMs: number, endpoint: 'query' | 'debits', arrivalNo = 1) =>
    decideRequest({ dials, seed: 1, arrivalNo, endpoint, sinceStartMs }).kind;
  const cuts = Array.from({ length: 1_000 }, (_, no) => fate(120, 'query', no)).filter((kind) => kind === 'before');
  expect(cuts.length).toBeGreaterThan(400);
  expect(cuts.length).toBeLessThan(600);
  for (let no = 0; no < 50; no++) {
    expect([fate(99, 'query', no), fate(150, 'query', no), fate(120, 'debits', no)]).toEqual(Array(3).fill('answered'));
  }
});

describe('answers', () => {
  const entry = (requestNo: string, change: Partial<BookEntry> = {}): BookEntry => ({
    requestNo,
    status: 'SUCCESS',
    code: 'OK',
    gatewayRef: `GW-${requestNo}`,
    amount: 100,
    currency: 'CNY',
    repeated: false,
    ...change,
  });
  const compose = (
    dials: Partial<Dials>,
    entries = [entry('A'), entry('B')],
    endpoint: 'debits' | 'query' = 'debits',
  ) => composeAnswer(entries, { dials: { ...QUIET, ...dials }, seed: 1, arrivalNo: 1, endpoint, stranger: entry('Z') });

  test('with the dials at rest they are the books', () => {
    expect(compose({})).toMatchObject([
      { requestNo: 'A', status: 'SUCCESS', code: 'OK', gatewayRef: 'GW-A', amount: 100, currency: 'CNY' },
      { requestNo: 'B' },
    ]);
  });

  test('entries are left out, repeated, repeated otherwise, and added', () => {
    expect(compose({ missingEntryRate: 1 })).toEqual([]);
    expect(compose({ duplicateEntryRate: 1 }).map((row) => row.requestNo)).toEqual(['A', 'A', 'B', 'B']);
    expect(compose({ conflictingEntryRate: 1 }).map((row) => row.status)).toEqual([
      'SUCCESS',
      'FAILED',
      'SUCCESS',
      'FAILED',
    ]);
    expect(compose({ extraEntryRate: 1 }).slice(2)).toMatchObject([
      { requestNo: 'UNASKED.1', status: 'SUCCESS' },
      { requestNo: 'Z', status: 'FAILED' },
    ]);
  });

  test('amounts are wrong and failures false in this answer only', () => {
    expect(compose({ wrongAmountRate: 1 }).map((row) => row.amount)).toEqual([101, 101]);
    expect(compose({ falseFailureRate: 1 })[0]).toMatchObject({ status: 'FAILED', code: 'SYSTEM_BUSY' });
  });

  test('a later answer names another reference, or another truth', () => {
    const repeated = [entry('A', { repeated: true })];
    expect(compose({ duplicateSuccessRate: 1 }, repeated)[0]?.gatewayRef).toBe('GW-AB');
    expect(compose({ duplicateSuccessRate: 1 })[0]?.gatewayRef).toBe('GW-A');
    expect(compose({ contradictionRate: 1 }, repeated, 'query')[0]).toMatchObject({ status: 'FAILED' });
    expect(compose({ contradictionRate: 1 }, repeated, 'debits')[0]).toMatchObject({ status: 'SUCCESS' });
  });

  test('the order changes, the entries do not', () => {
    const entries = requestNos.slice(0, 50).map((no) => entry(no));
    const rows = compose({ shuffleRate: 1 }, entries).map((row) => row.requestNo);
    expect(rows).not.toEqual(requestNos.slice(0, 50));
    expect([...rows].sort()).toEqual([...requestNos.slice(0, 50)].sort());
  });
});
