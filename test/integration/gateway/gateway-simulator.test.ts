import { describe, expect, test } from 'vitest';
import type { SettlementLine } from '../../../executor/downstream/define-downstream.ts';
import { QUIET } from '../../../executor/examples/settlement/gateway-simulator/dials.ts';
import { callbackReceiver, type GivenGateway, givenGateway, KEY, never } from './given-gateway.ts';

const HOUR_MS = 3_600_000;

async function linesOf(gateway: GivenGateway, date: string): Promise<SettlementLine[] | string> {
  const file = await gateway.client.file(date, never);
  if (file.kind !== 'lines') return file.kind;
  const lines: SettlementLine[] = [];
  for await (const batch of file.lines) lines.push(...batch);
  return lines;
}

describe('every request', () => {
  test('needs the key: a missing or wrong one is 401, and nothing is executed', async () => {
    const gateway = await givenGateway();
    const body = JSON.stringify({ debits: [gateway.debit('A')] });
    for (const headers of [
      {},
      { authorization: 'Bearer wrong' },
      { authorization: KEY },
      { authorization: `Bearer ${KEY}x` },
    ]) {
      expect((await gateway.raw('POST', '/v1/debits', body, headers)).status).toBe(401);
    }
    for (const [method, path] of [
      ['GET', '/v1/capabilities'],
      ['POST', '/v1/debits/query'],
      ['GET', '/v1/settlement-files/2026-11-20'],
    ]) {
      expect((await gateway.raw(method ?? '', path ?? '', '', {})).status).toBe(401);
    }
    expect(gateway.books().debits).toEqual([]);
  });

  test('is answered with a Date, which is the clock of the gateway', async () => {
    const gateway = await givenGateway({ dials: { clockSkewMs: -HOUR_MS } });
    const answer = await gateway.client.query(['A'], never);
    expect(answer.kind === 'answered' && Math.abs((answer.dateMs ?? 0) - (Date.now() - HOUR_MS))).toBeLessThan(60_000);
  });

  test.each([
    ['GET', '/', '', 404],
    ['PUT', '/v1/debits', '{}', 404],
    ['GET', '/v1/settlement-files/20261120', '', 404],
    ['POST', '/v1/debits', 'no JSON', 400],
    ['POST', '/v1/debits', '{"debits":{}}', 400],
    ['POST', '/v1/debits', '{"debits":[{"requestNo":"A"}]}', 400],
    [
      'POST',
      '/v1/debits',
      '{"debits":[{"requestNo":"A","accountNo":"1","amount":1.5,"currency":"CNY","expireAt":1}]}',
      400,
    ],
    [
      'POST',
      '/v1/debits',
      `{"debits":[{"requestNo":"${'A'.repeat(65)}","accountNo":"1","amount":1,"currency":"CNY","expireAt":1}]}`,
      400,
    ],
    ['POST', '/v1/debits/query', '{"requestNos":[1]}', 400],
    ['POST', '/v1/debits/void', '{}', 400],
  ])('%s %s with %j is %i', async (method, path, body, status) => {
    const gateway = await givenGateway();
    expect((await gateway.raw(method, path, body)).status).toBe(status);
    expect(gateway.books().debits).toEqual([]);
  });
});

describe('capabilities', () => {
  test('are what was set over the sample', async () => {
    const gateway = await givenGateway({ capabilities: { batchMax: 3 } });
    expect(await gateway.client.capabilities(never)).toMatchObject({
      kind: 'answered',
      value: { batchMax: 3, maxRequestsPerSecond: 200, visibilityMs: 1_000, keyLifetimeMs: 86_400_000, void: true },
    });
  });

  test('bind the gateway: more than batchMax is 400, more requests than the rate are 429 with Retry-After', async () => {
    const gateway = await givenGateway({
      capabilities: { batchMax: 2, maxRequestsPerSecond: 5 },
      dials: { retryAfterSeconds: 3 },
    });
    const three = ['A', 'B', 'C'].map((requestNo) => gateway.debit(requestNo));
    expect(await gateway.client.send(three, never)).toMatchObject({ kind: 'unclear', status: 400 });
    const answers = await Promise.all(Array.from({ length: 10 }, () => gateway.client.query(['A'], never)));
    const refused = answers.filter((answer) => answer.kind === 'not_sent');
    expect(refused.length).toBe(6);
    expect(refused[0]).toMatchObject({ status: 429, retryAfterMs: 3_000 });
    expect(gateway.books().debits).toEqual([]);
  });
});

describe('debits', () => {
  test('a debit is executed once, and is in the books before it is answered', async () => {
    const gateway = await givenGateway();
    const debit = gateway.debit('A');
    expect(await gateway.send(debit)).toMatchObject({
      requestNo: 'A',
      status: 'SUCCESS',
      code: 'OK',
      amount: 1_250,
      currency: 'CNY',
      gatewayRef: 'GW1',
    });
    expect(gateway.books().debits).toMatchObject([{ ...debit, status: 'SUCCESS', gatewayRef: 'GW1', arrivals: 1 }]);
  });

  test('the same requestNo with the same values gives the first result again', async () => {
    const gateway = await givenGateway();
    const debit = gateway.debit('A');
    const first = await gateway.send(debit);
    expect(await gateway.send(debit)).toEqual(first);
    expect((await gateway.client.send([debit, debit], never)).kind).toBe('answered');
    expect(gateway.books().debits).toMatchObject([{ arrivals: 4 }]);
  });

  test.each([
    { amount: 1_251 },
    { accountNo: '6210000000000002' },
    { currency: 'USD' },
    { expireAt: 4_000_000_000_000 },
  ])('the same requestNo with %j is DUPLICATE_MISMATCH and not executed', async (change) => {
    const gateway = await givenGateway();
    const debit = gateway.debit('A');
    await gateway.send(debit);
    expect(await gateway.send({ ...debit, ...change })).toMatchObject({ status: 'FAILED', code: 'DUPLICATE_MISMATCH' });
    expect(gateway.books().successes.get('A')).toMatchObject([{ amount: 1_250 }]);
  });

  test('after keyLifetimeMs the same requestNo is a new debit, and queries know only that one', async () => {
    const gateway = await givenGateway({ capabilities: { keyLifetimeMs: 60_000 } });
    const debit = gateway.debit('A', { expireAt: Date.now() + 10 * HOUR_MS });
    await gateway.send(debit);
    gateway.simulator.setDials({ clockSkewMs: 61_000 });
    expect(await gateway.query('A')).toMatchObject({ status: 'NOT_FOUND' });
    expect(await gateway.send(debit)).toMatchObject({ status: 'SUCCESS', gatewayRef: 'GW2' });
    expect(gateway.books().successes.get('A')?.length).toBe(2);
  });

  test('what arrives after expireAt is EXPIRED and not executed; another arrival of it may be', async () => {
    const gateway = await givenGateway();
    const late = gateway.debit('A', { expireAt: gateway.simulator.nowMs() - 1 });
    expect(await gateway.send(late)).toMatchObject({ status: 'FAILED', code: 'EXPIRED' });
    expect(gateway.books().debits).toEqual([]);
    expect(await gateway.send(gateway.debit('A'))).toMatchObject({ status: 'SUCCESS' });
  });

  test('whether it is too late is for the clock of the gateway to say', async () => {
    const gateway = await givenGateway({ dials: { clockSkewMs: 2 * HOUR_MS } });
    expect(await gateway.send(gateway.debit('A', { expireAt: Date.now() + HOUR_MS }))).toMatchObject({
      code: 'EXPIRED',
    });
  });

  test('business refusals come from seed and requestNo, and stay', async () => {
    const dials = { businessRefusalRate: 0.5 };
    const results = async (seed: number) => {
      const gateway = await givenGateway({ dials, seed });
      const debits = Array.from({ length: 60 }, (_, at) => gateway.debit(`R${at}`));
      const answer = await gateway.client.send(debits, never);
      const codes = answer.kind === 'answered' ? answer.value.map((entry) => `${entry.requestNo} ${entry.code}`) : [];
      const repeat = await gateway.client.send(debits, never);
      expect(repeat.kind === 'answered' && repeat.value.map((entry) => `${entry.requestNo} ${entry.code}`)).toEqual(
        codes,
      );
      return codes;
    };
    const first = await results(1);
    expect(new Set(first.map((text) => text.split(' ')[1]))).toEqual(
      new Set(['OK', 'INSUFFICIENT_FUNDS', 'ACCOUNT_CLOSED', 'LIMIT_EXCEEDED']),
    );
    expect(await results(1)).toEqual(first);
    expect(await results(2)).not.toEqual(first);
  });
});

describe('query', () => {
  test('says what a debit is, and NOT_FOUND for what never came', async () => {
    const gateway = await givenGateway();
    await gateway.send(gateway.debit('A'));
    expect(await gateway.client.query(['B', 'A'], never)).toMatchObject({
      value: [
        { requestNo: 'B', status: 'NOT_FOUND' },
        { requestNo: 'A', status: 'SUCCESS', code: 'OK', amount: 1_250, gatewayRef: 'GW1' },
      ],
    });
  });

  test('within the visibility it may say NOT_FOUND of what was executed', async () => {
    const gateway = await givenGateway({ dials: { visibilityShare: 1 }, capabilities: { visibilityMs: 60_000 } });
    expect(await gateway.send(gateway.debit('A'))).toMatchObject({ status: 'SUCCESS' });
    expect(await gateway.query('A')).toMatchObject({ status: 'NOT_FOUND' });
    gateway.simulator.setDials({ clockSkewMs: 60_001 });
    expect(await gateway.query('A')).toMatchObject({ status: 'SUCCESS' });
  });

  test('PROCESSING ends by time, in the answer and in the books', async () => {
    const gateway = await givenGateway({
      dials: { processingRate: 1, processingMinMs: 60_000, processingMaxMs: 60_000 },
    });
    expect(await gateway.send(gateway.debit('A'))).toMatchObject({ status: 'PROCESSING' });
    expect(gateway.books().debits).toMatchObject([
      { status: 'PROCESSING', settledAtMs: null, change: { status: 'SUCCESS' } },
    ]);
    gateway.simulator.setDials({ clockSkewMs: 60_001 });
    expect(await gateway.query('A')).toMatchObject({ status: 'SUCCESS', gatewayRef: 'GW1' });
    expect(gateway.books().debits).toMatchObject([{ status: 'SUCCESS', change: null }]);
  });
});

describe('void', () => {
  test('after VOIDED that requestNo can never succeed, even if the debit arrives later, however late', async () => {
    const gateway = await givenGateway({ capabilities: { keyLifetimeMs: 60_000 } });
    expect(await gateway.void('A')).toMatchObject({ requestNo: 'A', status: 'VOIDED' });
    expect(await gateway.void('A')).toMatchObject({ status: 'VOIDED' });
    expect(await gateway.query('A')).toMatchObject({ status: 'VOIDED' });
    expect(await gateway.send(gateway.debit('A'))).toMatchObject({ status: 'VOIDED' });
    gateway.simulator.setDials({ clockSkewMs: 61_000 });
    expect(await gateway.send(gateway.debit('A'))).toMatchObject({ status: 'VOIDED' });
    expect(gateway.books()).toMatchObject({ debits: [], voided: new Set(['A']) });
  });

  test('what is known answers what it already is, though queries do not show it yet', async () => {
    const gateway = await givenGateway({ dials: { visibilityShare: 1 }, capabilities: { visibilityMs: 60_000 } });
    await gateway.send(gateway.debit('A'));
    expect(await gateway.void('A')).toMatchObject({ status: 'SUCCESS', gatewayRef: 'GW1' });
    gateway.simulator.setDials({ processingRate: 1 });
    await gateway.send(gateway.debit('B'));
    expect(await gateway.void('B')).toMatchObject({ status: 'PROCESSING' });
    gateway.simulator.setDials({ processingRate: 0, businessRefusalRate: 1 });
    await gateway.send(gateway.debit('C'));
    expect(await gateway.void('C')).toMatchObject({ status: 'FAILED' });
  });

  test('a gateway without void does not answer it', async () => {
    const gateway = await givenGateway({ capabilities: { void: false } });
    expect(await gateway.void('A')).toBe('unclear');
    expect(await gateway.send(gateway.debit('A'))).toMatchObject({ status: 'SUCCESS' });
  });
});

describe('settlement files', () => {
  test('hold the successes of their business date and no others, then the trailer', async () => {
    const gateway = await givenGateway();
    await gateway.send(gateway.debit('A,"quoted"'));
    await gateway.send(gateway.debit('B', { amount: 7, currency: 'JPY' }));
    gateway.simulator.setDials({ businessRefusalRate: 1 });
    await gateway.send(gateway.debit('C'));
    gateway.simulator.setDials({ ...QUIET, processingRate: 1 });
    await gateway.send(gateway.debit('D'));
    expect(await linesOf(gateway, gateway.today())).toEqual([
      {
        gatewayRef: 'GW1',
        requestNo: 'A,"quoted"',
        accountNo: '6210000000000001',
        currency: 'CNY',
        amount: '1250',
        settledAt: expect.stringMatching(/^\d{13}$/),
      },
      {
        gatewayRef: 'GW2',
        requestNo: 'B',
        accountNo: '6210000000000001',
        currency: 'JPY',
        amount: '7',
        settledAt: expect.stringMatching(/^\d{13}$/),
      },
    ]);
    const { body, headers } = await gateway.raw('GET', `/v1/settlement-files/${gateway.today()}`);
    expect(headers['content-type']).toBe('text/csv');
    expect(body.split('\n')[0]).toBe('gateway_ref,request_no,account_no,currency,amount,settled_at');
    expect(body.trimEnd().split('\n').at(-1)).toBe('TRAILER,2');
  });

  test('are 404 for a date without successes', async () => {
    const gateway = await givenGateway();
    expect(await linesOf(gateway, '2020-01-01')).toBe('absent');
  });

  test('a success stands in the file of the day on which it was settled, by the calendar of the gateway', async () => {
    const gateway = await givenGateway({
      dials: { processingRate: 1, processingMinMs: 24 * HOUR_MS, processingMaxMs: 24 * HOUR_MS },
    });
    const accepted = gateway.today();
    await gateway.send(gateway.debit('A'));
    gateway.simulator.setDials({ clockSkewMs: 24 * HOUR_MS + 1_000 });
    expect(await linesOf(gateway, accepted)).toBe('absent');
    expect(await linesOf(gateway, gateway.today())).toMatchObject([{ requestNo: 'A' }]);
    const fixed = await givenGateway({ businessDate: '2026-01-31' });
    await fixed.send(fixed.debit('A'));
    expect(await linesOf(fixed, '2026-01-31')).toMatchObject([{ requestNo: 'A' }]);
  });
});

describe('callbacks', () => {
  const processing = { processingRate: 1, processingMinMs: 0, processingMaxMs: 0, callbackRetryMs: 10 };

  test('the end of PROCESSING is told, signed over the raw body', async () => {
    const receiver = await callbackReceiver();
    const gateway = await givenGateway({ callbackUrl: receiver.url, dials: processing });
    await gateway.send(gateway.debit('A'));
    await receiver.count(1);
    expect(receiver.received[0]).toMatchObject({
      eventId: expect.any(String),
      requestNo: 'A',
      status: 'SUCCESS',
      code: 'OK',
      gatewayRef: 'GW1',
      amount: 1_250,
      currency: 'CNY',
      occurredAt: expect.any(Number),
      check: { ok: true },
    });
  });

  test('it is sent again until it is answered 200, and then no more', async () => {
    const receiver = await callbackReceiver();
    receiver.answer = 500;
    const gateway = await givenGateway({ callbackUrl: receiver.url, dials: processing });
    await gateway.send(gateway.debit('A'));
    await receiver.count(3);
    receiver.answer = 200;
    const soFar = receiver.received.length;
    await receiver.count(soFar + 1);
    await gateway.send(gateway.debit('B'));
    await receiver.count(soFar + 2);
    expect(receiver.received.slice(soFar).map((callback) => callback.requestNo)).toEqual(['A', 'B']);
    expect(new Set(receiver.received.filter((c) => c.requestNo === 'A').map((c) => c.eventId)).size).toBe(1);
  });

  test('the URL may come with the debits, but only one on loopback is called', async () => {
    const receiver = await callbackReceiver();
    const gateway = await givenGateway({ dials: processing });
    const headers = { authorization: `Bearer ${KEY}`, 'x-callback-url': receiver.url };
    const body = JSON.stringify({ debits: [gateway.debit('A')] });
    expect(
      (await gateway.raw('POST', '/v1/debits', body, { ...headers, 'x-callback-url': 'http://10.0.0.1/' })).status,
    ).toBe(400);
    expect((await gateway.raw('POST', '/v1/debits', body, headers)).status).toBe(200);
    await receiver.count(1);
  });
});
