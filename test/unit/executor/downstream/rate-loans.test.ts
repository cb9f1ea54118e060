import { expect, test } from 'vitest';
import { RateBucket } from '../../../../executor/downstream/rate-bucket.ts';
import { RateLoans } from '../../../../executor/downstream/rate-loans.ts';
import { readStoreTime } from '../../../../executor/downstream/store-time.ts';
import { type Hints, NO_HINTS } from '../../../../shared/redis/hints.ts';
import { ClusterHints } from '../../../support/cluster-hints.ts';
import { createFakeRuntime, type FakeRuntime } from '../../../support/fake-runtime.ts';

const STORE_MS = 1_000_000;

function given(runtime: FakeRuntime, hints: Hints, needed = 0): { bucket: RateBucket; loans: RateLoans } {
  const bucket = new RateBucket(runtime, 100, true);
  bucket.grant({ perSecond: 100, untilMs: 60_000 });
  const loans = new RateLoans({ bucket, hints, runtime, downstreamId: 1, neededPerSecond: () => needed });
  loans.setTime(readStoreTime({ nowMs: STORE_MS, sinceMs: 0, untilMs: 0 }));
  return { bucket, loans };
}

test('what is offered is taken once, and is off the share of who offered it', async () => {
  const runtime = createFakeRuntime();
  const redis = new ClusterHints(runtime);
  const [lender, borrower] = [given(runtime, redis.hints()), given(runtime, redis.hints())];
  await runtime.advance(1_000);
  expect(lender.loans.offer()).toBe(10);
  await runtime.advance(1);
  expect(lender.bucket.perSecond).toBe(90);
  expect(await borrower.loans.borrow(4)).toBe(4);
  expect(await borrower.loans.borrow(100)).toBe(6);
  expect(await borrower.loans.borrow(100)).toBe(0);
  await runtime.advance(2_000);
  expect(lender.bucket.perSecond).toBe(100);
});

test('who needs its share itself offers nothing', async () => {
  const runtime = createFakeRuntime();
  const { loans } = given(runtime, NO_HINTS, 100);
  await runtime.advance(1_000);
  expect(loans.offer()).toBe(0);
});

test('an offer of long ago is not found, though it still lies there', async () => {
  const runtime = createFakeRuntime();
  const redis = new ClusterHints(runtime);
  const [lender, borrower] = [given(runtime, redis.hints()), given(runtime, redis.hints())];
  await runtime.advance(1_000);
  // As a frozen server does: it gets the offer late, and only then begins to count its time.
  const late: Hints = {
    ...redis.hints(),
    offerTokens: (bucket, count) => redis.hints().offerTokens(bucket, count, 1e9),
  };
  const slow = new RateLoans({
    bucket: lender.bucket,
    hints: late,
    runtime,
    downstreamId: 1,
    neededPerSecond: () => 0,
  });
  slow.setTime(readStoreTime({ nowMs: STORE_MS, sinceMs: 0, untilMs: 0 }));
  expect(slow.offer()).toBeGreaterThan(0);
  await runtime.advance(600);
  expect(await borrower.loans.borrow(100)).toBe(0);
});

test('tokens whose answer took too long are no tokens any more', async () => {
  const runtime = createFakeRuntime();
  const slow: Hints = {
    ...NO_HINTS,
    takeTokens: async () => {
      await runtime.sleep(500);
      return 5;
    },
  };
  const bucket = new RateBucket(runtime, 100, true);
  const loans = new RateLoans({ bucket, hints: slow, runtime, downstreamId: 1, neededPerSecond: () => 0 });
  loans.setTime(readStoreTime({ nowMs: STORE_MS, sinceMs: 0, untilMs: 0 }));
  void loans.borrow(5);
  let left = 0;
  void bucket.take().then(() => {
    left += 1;
  });
  await runtime.advance(5_000);
  expect(left).toBe(0);
});

test('before the store has been looked at nothing is lent and nothing borrowed', async () => {
  const runtime = createFakeRuntime();
  const bucket = new RateBucket(runtime, 100, true);
  bucket.grant({ perSecond: 100, untilMs: 60_000 });
  const loans = new RateLoans({ bucket, hints: NO_HINTS, runtime, downstreamId: 1, neededPerSecond: () => 0 });
  await runtime.advance(1_000);
  expect(loans.offer()).toBe(0);
  expect(await loans.borrow(5)).toBe(0);
});
