import { describe, expect, test } from 'vitest';
import type { SettlementLine } from '../../../executor/downstream/define-downstream.ts';
import { callbackReceiver, type GivenGateway, givenGateway, never } from './given-gateway.ts';

/** One test per dial, through real HTTP; the dials of single answers are in the unit tests of compose-answer. */

const send = (gateway: GivenGateway, requestNo: string) => gateway.client.send([gateway.debit(requestNo)], never);
const statusInBooks = (gateway: GivenGateway, requestNo: string) =>
  gateway.books().debits.find((debit) => debit.requestNo === requestNo)?.status;

async function fileOf(gateway: GivenGateway, date = gateway.today()): Promise<SettlementLine[] | string> {
  const file = await gateway.client.file(date, never);
  if (file.kind !== 'lines') return file.kind === 'absent' ? 'absent' : `unusable: ${file.why}`;
  const lines: SettlementLine[] = [];
  for await (const batch of file.lines) lines.push(...batch);
  return lines;
}

describe('executed, and the caller does not know', () => {
  test('lostAnswerRate: the connection is cut, the debit is in the books (F38)', async () => {
    const gateway = await givenGateway({ dials: { lostAnswerRate: 1 } });
    expect(await send(gateway, 'A')).toMatchObject({ kind: 'unclear', status: null });
    expect(statusInBooks(gateway, 'A')).toBe('SUCCESS');
  });

  test('truncatedAnswerRate: half of the answer comes (F36)', async () => {
    const gateway = await givenGateway({ dials: { truncatedAnswerRate: 1 } });
    expect(await send(gateway, 'A')).toMatchObject({
      kind: 'unclear',
      status: 200,
      raw: expect.stringMatching(/^\{"results":\[/),
    });
    expect(statusInBooks(gateway, 'A')).toBe('SUCCESS');
  });

  test('errorAfterRate: 500, though executed (F41)', async () => {
    const gateway = await givenGateway({ dials: { errorAfterRate: 1 } });
    expect(await send(gateway, 'A')).toMatchObject({ kind: 'unclear', status: 500 });
    expect(statusInBooks(gateway, 'A')).toBe('SUCCESS');
  });

  test('hangAfterRate: no answer ever (F38)', async () => {
    const gateway = await givenGateway({ dials: { hangAfterRate: 1 }, timeoutMs: 200 });
    expect(await send(gateway, 'A')).toMatchObject({ kind: 'unclear', status: null });
    // It may be given up before it is executed.
    await expect.poll(() => statusInBooks(gateway, 'A')).toBe('SUCCESS');
  });
});

describe('not executed', () => {
  test('hangBeforeRate: no answer ever (F39)', async () => {
    const gateway = await givenGateway({ dials: { hangBeforeRate: 1 }, timeoutMs: 200 });
    expect(await send(gateway, 'A')).toMatchObject({ kind: 'unclear', status: null });
    expect(statusInBooks(gateway, 'A')).toBeUndefined();
  });

  test('errorBeforeRate: 503 (F41)', async () => {
    const gateway = await givenGateway({ dials: { errorBeforeRate: 1 } });
    expect(await send(gateway, 'A')).toMatchObject({ kind: 'unclear', status: 503 });
    expect(statusInBooks(gateway, 'A')).toBeUndefined();
  });

  test('throttleRate and retryAfterSeconds: 429 under the limit (F42)', async () => {
    const gateway = await givenGateway({ dials: { throttleRate: 1, retryAfterSeconds: 4 } });
    expect(await send(gateway, 'A')).toMatchObject({ kind: 'not_sent', status: 429, retryAfterMs: 4_000 });
    expect(statusInBooks(gateway, 'A')).toBeUndefined();
  });

  test('rateLimit: off, nothing is refused for being too much', async () => {
    const gateway = await givenGateway({ dials: { rateLimit: false }, capabilities: { maxRequestsPerSecond: 1 } });
    const kinds = await Promise.all(['A', 'B', 'C'].map(async (no) => (await send(gateway, no)).kind));
    expect(kinds).toEqual(['answered', 'answered', 'answered']);
  });

  test('credentialsRefused: the key is refused for a while, then accepted', async () => {
    const gateway = await givenGateway({ dials: { credentialsRefusedForMs: 3_600_000 } });
    expect(await send(gateway, 'A')).toMatchObject({ kind: 'credentials', status: 401 });
    gateway.simulator.setDials({ credentialsRefusedForMs: 0 });
    expect((await send(gateway, 'A')).kind).toBe('answered');
  });

  test('outages: queries are down while debits work (F47)', async () => {
    const down = { fromMs: 0, forMs: 3_600_000, endpoints: ['query', 'void'] } as const;
    const gateway = await givenGateway({ dials: { outages: [{ ...down, how: 'error' }] }, timeoutMs: 1_500 });
    expect((await send(gateway, 'A')).kind).toBe('answered');
    expect(await gateway.client.query(['A'], never)).toMatchObject({ kind: 'unclear', status: 503 });
    gateway.simulator.setDials({ outages: [{ ...down, how: 'cut' }] });
    expect(await gateway.client.query(['A'], never)).toMatchObject({ kind: 'unclear', status: null });
    gateway.simulator.setDials({ outages: [{ ...down, how: 'hang' }] });
    expect(await gateway.client.void(['A'], never)).toMatchObject({
      kind: 'unclear',
      why: expect.stringContaining('Timeout'),
    });
    gateway.simulator.setDials({ outages: [{ ...down, how: 'error', rate: 0.5 }] });
    const kinds: string[] = [];
    for (let no = 0; no < 40; no++) kinds.push((await gateway.client.query(['A'], never)).kind);
    expect(new Set(kinds)).toEqual(new Set(['answered', 'unclear']));
  });

  test('lateArrivalRate: cut, and executed when it arrives after all; a void in between makes that impossible (F40)', async () => {
    const gateway = await givenGateway({ dials: { lateArrivalRate: 1, lateArrivalMs: 2_000 } });
    expect(await send(gateway, 'B')).toMatchObject({ kind: 'unclear' });
    expect(await gateway.query('B')).toMatchObject({ status: 'NOT_FOUND' });
    expect(await gateway.void('B')).toMatchObject({ status: 'VOIDED' });
    gateway.simulator.setDials({ lateArrivalMs: 1 });
    expect(await send(gateway, 'A')).toMatchObject({ kind: 'unclear' });
    const arrived = () => gateway.books().arrivals.filter((arrival) => arrival.fault === 'late').length;
    await expect.poll(arrived, { timeout: 10_000, interval: 50 }).toBe(2);
    expect(statusInBooks(gateway, 'A')).toBe('SUCCESS');
    expect(statusInBooks(gateway, 'B')).toBeUndefined();
    expect(await gateway.query('B')).toMatchObject({ status: 'VOIDED' });
  });
});

describe('what a debit becomes', () => {
  test('businessRefusalRate and unknownCodeRate: refused for good', async () => {
    const gateway = await givenGateway({ dials: { businessRefusalRate: 1 } });
    expect(await gateway.send(gateway.debit('A'))).toMatchObject({
      status: 'FAILED',
      code: expect.stringMatching(/^(INSUFF|ACCOUNT|LIMIT)/),
    });
    gateway.simulator.setDials({ businessRefusalRate: 0, unknownCodeRate: 1 });
    expect(await gateway.send(gateway.debit('B'))).toMatchObject({ status: 'FAILED', code: 'RISK_CONTROL_7' });
    expect(await gateway.query('B')).toMatchObject({ status: 'FAILED', code: 'RISK_CONTROL_7' });
    expect(await gateway.void('B')).toMatchObject({ status: 'FAILED', code: 'RISK_CONTROL_7' });
    expect(gateway.books().successes.size).toBe(0);
  });

  test('settleOnlyInFileRate: PROCESSING for ever, and a line in the file', async () => {
    const gateway = await givenGateway({ dials: { settleOnlyInFileRate: 1, processingRate: 1 } });
    expect(await gateway.send(gateway.debit('A'))).toMatchObject({ status: 'PROCESSING' });
    gateway.simulator.setDials({ clockSkewMs: 3_600_000 });
    expect(await gateway.query('A')).toMatchObject({ status: 'PROCESSING' });
    gateway.simulator.setDials({ clockSkewMs: 0 });
    expect(await fileOf(gateway)).toMatchObject([{ requestNo: 'A' }]);
  });

  test('notFoundThenShowRate: NOT_FOUND for longer than the visibility, then SUCCESS (F40)', async () => {
    const gateway = await givenGateway({ dials: { notFoundThenShowRate: 1, notFoundThenShowMs: 600_000 } });
    await send(gateway, 'A');
    gateway.simulator.setDials({ clockSkewMs: 599_000 });
    expect(await gateway.query('A')).toMatchObject({ status: 'NOT_FOUND' });
    gateway.simulator.setDials({ clockSkewMs: 601_000 });
    expect(await gateway.query('A')).toMatchObject({ status: 'SUCCESS' });
  });

  test('reversalRate: a success is taken back later, and is in no file any more (F50)', async () => {
    const gateway = await givenGateway({ dials: { reversalRate: 1, reversalAfterMs: 60_000 } });
    expect(await gateway.send(gateway.debit('A'))).toMatchObject({ status: 'SUCCESS' });
    gateway.simulator.setDials({ clockSkewMs: 60_001 });
    expect(await gateway.query('A')).toMatchObject({ status: 'FAILED', code: 'REVERSED' });
    expect(await fileOf(gateway)).toBe('absent');
  });

  test('ignoreIdempotencyRate: a repeat is executed again (F48)', async () => {
    const gateway = await givenGateway({ dials: { ignoreIdempotencyRate: 1 } });
    const debit = gateway.debit('A');
    await gateway.send(debit);
    await gateway.send(debit);
    expect(gateway.books().successes.get('A')?.length).toBe(2);
  });

  test('duplicateSuccessRate and contradictionRate: success twice, then FAILED (F44)', async () => {
    const gateway = await givenGateway({ dials: { duplicateSuccessRate: 1 } });
    expect(await gateway.send(gateway.debit('A'))).toMatchObject({ status: 'SUCCESS', gatewayRef: 'GW1' });
    expect(await gateway.query('A')).toMatchObject({ status: 'SUCCESS', gatewayRef: 'GW1B' });
    gateway.simulator.setDials({ contradictionRate: 1 });
    expect(await gateway.query('A')).toMatchObject({ status: 'FAILED' });
    expect(statusInBooks(gateway, 'A')).toBe('SUCCESS');
  });

  test('expiredRepeatRate: a late repeat of an executed debit is called EXPIRED', async () => {
    const gateway = await givenGateway({ dials: { expiredRepeatRate: 1 } });
    const debit = gateway.debit('A', { expireAt: Date.now() + 60_000 });
    expect(await gateway.send(debit)).toMatchObject({ status: 'SUCCESS' });
    gateway.simulator.setDials({ clockSkewMs: 61_000 });
    expect(await gateway.send(debit)).toMatchObject({ status: 'FAILED', code: 'EXPIRED' });
    expect(await gateway.query('A')).toMatchObject({ status: 'SUCCESS' });
    gateway.simulator.setDials({ expiredRepeatRate: 0 });
    expect(await gateway.send(debit)).toMatchObject({ status: 'SUCCESS' });
  });
});

describe('answers', () => {
  test('the dials of entries reach the wire', async () => {
    const gateway = await givenGateway({ dials: { duplicateEntryRate: 1, extraEntryRate: 1 } });
    await send(gateway, 'Z');
    const answer = await send(gateway, 'A');
    expect(answer.kind === 'answered' && answer.value.map((entry) => entry.requestNo)).toEqual([
      'A',
      'A',
      'UNASKED.2',
      'Z',
    ]);
    gateway.simulator.setDials({ extraEntryRate: 0, duplicateEntryRate: 0, missingEntryRate: 1 });
    expect(await send(gateway, 'B')).toMatchObject({ kind: 'answered', value: [] });
    expect(statusInBooks(gateway, 'B')).toBe('SUCCESS');
  });

  test('latencyMs: answers take their time', async () => {
    const gateway = await givenGateway({ dials: { latencyMs: 120, latencyJitterMs: 20 } });
    const startedMs = performance.now();
    expect((await send(gateway, 'A')).kind).toBe('answered');
    expect(performance.now() - startedMs).toBeGreaterThan(115);
  });

  test('closeAfterAnswerRate: the connection is closed after an answer that did not say so', async () => {
    const gateway = await givenGateway({ dials: { closeAfterAnswerRate: 1 } });
    const { headers } = await gateway.raw('GET', '/v1/capabilities');
    expect(headers['transfer-encoding']).toBeUndefined();
    const kinds: string[] = [];
    for (let no = 0; no < 5; no++) kinds.push((await send(gateway, `A${no}`)).kind);
    expect(kinds.filter((kind) => kind !== 'answered' && kind !== 'unclear')).toEqual([]);
  });
});

describe('settlement files', () => {
  const withDebits = async (dials: Parameters<typeof givenGateway>[0]) => {
    const gateway = await givenGateway(dials);
    await gateway.client.send(
      Array.from({ length: 100 }, (_, at) => gateway.debit(`A${at}`)),
      never,
    );
    return gateway;
  };

  test('fileLateMs: the file comes late (F49)', async () => {
    const gateway = await withDebits({ businessDate: '2026-11-20', dials: { fileLateMs: 60_000 } });
    expect(await fileOf(gateway, '2026-11-20')).toBe('absent');
    gateway.simulator.setDials({ clockSkewMs: 60_001 });
    expect((await fileOf(gateway, '2026-11-20')).length).toBe(100);
  });

  test('fileMissingLineRate: lines are missing, for good or in the first fetches (F49)', async () => {
    const gateway = await withDebits({ dials: { fileMissingLineRate: 0.3, fileMissingLineFetches: 1 } });
    const first = (await fileOf(gateway)).length;
    expect(first).toBeLessThan(90);
    expect(first).toBeGreaterThan(50);
    expect((await fileOf(gateway)).length).toBe(100);
    gateway.simulator.setDials({ fileMissingLineFetches: 0 });
    expect((await fileOf(gateway)).length).toBe(first);
  });

  test('fileDuplicateLineRate, fileWrongAmountRate, fileStrangeLines (F49)', async () => {
    const gateway = await withDebits({ dials: { fileDuplicateLineRate: 1 } });
    expect((await fileOf(gateway)).length).toBe(200);
    gateway.simulator.setDials({ fileDuplicateLineRate: 0, fileWrongAmountRate: 1, fileStrangeLines: 3 });
    const lines = await fileOf(gateway);
    expect(lines.length).toBe(103);
    expect(lines.slice(2, 4)).toMatchObject([
      { requestNo: expect.stringMatching(/^STRANGE/) },
      { requestNo: 'A0', amount: '1251' },
    ]);
  });

  test('fileCutTimes and fileWrongTrailerTimes: unusable so many times, then good', async () => {
    const gateway = await withDebits({ dials: { fileCutTimes: 1, fileWrongTrailerTimes: 1 } });
    expect(await fileOf(gateway)).toMatch(/unusable: .*cut/);
    expect(await fileOf(gateway)).toMatch(/unusable: .*TRAILER says 101/);
    expect((await fileOf(gateway)).length).toBe(100);
  });
});

describe('callbacks', () => {
  const soon = { processingRate: 1, processingMinMs: 0, processingMaxMs: 0, callbackRetryMs: 10 };

  test('callbackTwiceRate and callbackOutOfOrderRate: twice, and an earlier state after the final one (F45)', async () => {
    const receiver = await callbackReceiver();
    const gateway = await givenGateway({ callbackUrl: receiver.url, dials: { ...soon, callbackTwiceRate: 1 } });
    await send(gateway, 'A');
    await receiver.count(2);
    expect(receiver.received[1]?.eventId).toBe(receiver.received[0]?.eventId);
    gateway.simulator.setDials({ callbackTwiceRate: 0, callbackOutOfOrderRate: 1 });
    await send(gateway, 'B');
    await receiver.count(4);
    expect(
      receiver.received
        .slice(2)
        .map((callback) => callback.status)
        .sort(),
    ).toEqual(['PROCESSING', 'SUCCESS']);
  });

  test('callbackForAllRate and callbackBeforeAnswerRate: the callback comes before the answer (F45)', async () => {
    const receiver = await callbackReceiver();
    const gateway = await givenGateway({
      callbackUrl: receiver.url,
      dials: { callbackForAllRate: 1, callbackBeforeAnswerRate: 1 },
    });
    expect((await send(gateway, 'A')).kind).toBe('answered');
    expect(receiver.received).toMatchObject([{ requestNo: 'A', status: 'SUCCESS' }]);
    expect(receiver.received[0]?.atMs).toBeLessThan(performance.now());
  });

  test('callbackForgedRate: a lie with a wrong signature goes too, and is given up (F46)', async () => {
    const receiver = await callbackReceiver();
    const gateway = await givenGateway({ callbackUrl: receiver.url, dials: { ...soon, callbackForgedRate: 1 } });
    await send(gateway, 'A');
    await receiver.count(4);
    const forged = receiver.received.filter((callback) => !callback.check.ok);
    expect(forged.length).toBe(3);
    expect(forged[0]).toMatchObject({ requestNo: 'A', status: 'FAILED' });
    expect(receiver.received.filter((callback) => callback.check.ok)).toMatchObject([{ status: 'SUCCESS' }]);
  });

  test('callbackOldRate: signed as of three days ago (F45)', async () => {
    const receiver = await callbackReceiver();
    const gateway = await givenGateway({ callbackUrl: receiver.url, dials: { ...soon, callbackOldRate: 1 } });
    await send(gateway, 'A');
    await receiver.count(1);
    const check = receiver.received[0]?.check;
    expect(check?.ok === true && Date.now() - check.tMs).toBeGreaterThan(2.9 * 86_400_000);
  });
});
