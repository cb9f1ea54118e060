import net from 'node:net';
import tls from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import {
  createGatewayDownstream,
  type GatewayDownstream,
  type GatewayDownstreamOptions,
} from '../../../executor/examples/settlement/http-gateway-client.ts';
import { createLogger, silentLogger } from '../../../shared/logger.ts';
import { systemRuntime } from '../../../shared/runtime/system-runtime.ts';
import { selfSignedCertificate } from './self-signed-certificate.ts';

const KEY = 'sk-live-0123456789abcdef';
const runtime = systemRuntime();
const never = new AbortController().signal;
const debit = {
  requestNo: 'test.C1.1.P.1.1',
  accountNo: '62',
  amount: 100,
  currency: 'CNY',
  expireAt: 2_000_000_000_000,
};
const cleanUps: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

interface RawServer {
  readonly port: number;
  /** Every request as text, in order. */
  readonly requests: string[];
  readonly connections: number;
}

/** A server that does with each request just what the test says, byte by byte. */
async function rawServer(
  onRequest: (socket: net.Socket, request: string, no: number) => void,
  secure?: { key: string; cert: string },
): Promise<RawServer> {
  const requests: string[] = [];
  const sockets = new Set<net.Socket>();
  let connections = 0;
  const onSocket = (socket: net.Socket): void => {
    connections++;
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      for (;;) {
        const headEnd = text.indexOf('\r\n\r\n');
        const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
        if (headEnd === -1 || text.length < headEnd + 4 + length) return;
        const request = text.slice(0, headEnd + 4 + length);
        text = text.slice(request.length);
        requests.push(request);
        onRequest(socket, request, requests.length);
      }
    });
  };
  const server = secure ? tls.createServer(secure, onSocket) : net.createServer(onSocket);
  server.on('connection', (socket) => sockets.add(socket));
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return {
    port: (server.address() as net.AddressInfo).port,
    requests,
    get connections() {
      return connections;
    },
  };
}

function client(port: number, change: Partial<GatewayDownstreamOptions> = {}): GatewayDownstream {
  const gateway = createGatewayDownstream({
    url: `http://127.0.0.1:${port}`,
    key: KEY,
    runtime,
    logger: silentLogger,
    timeoutMs: 5_000,
    ...change,
  });
  cleanUps.push(() => gateway.close());
  return gateway;
}

const http = (status: string, body: string, headers: readonly string[] = []): string =>
  [`HTTP/1.1 ${status}`, `Content-Length: ${Buffer.byteLength(body)}`, ...headers, '', body].join('\r\n');

const success = JSON.stringify({
  results: [
    { requestNo: debit.requestNo, status: 'SUCCESS', code: 'OK', gatewayRef: 'GW1', amount: 100, currency: 'CNY' },
  ],
});

describe('answered', () => {
  test('a 200 with results carries the entries, the raw text and the Date of the gateway', async () => {
    const server = await rawServer((socket) => {
      socket.write(http('200 OK', success, ['Date: Fri, 20 Nov 2026 00:00:00 GMT']));
    });
    expect(await client(server.port).send([debit], never)).toEqual({
      kind: 'answered',
      value: [{ ...JSON.parse(success).results[0], message: undefined }],
      raw: success,
      dateMs: Date.UTC(2026, 10, 20),
    });
    expect(server.requests[0]).toMatch(/^POST \/v1\/debits HTTP\/1\.1\r\n/);
    expect(server.requests[0]).toContain(`authorization: Bearer ${KEY}\r\n`);
    expect(server.requests[0]?.split('\r\n\r\n')[1]).toBe(JSON.stringify({ debits: [debit] }));
  });

  test('a base URL with a path prefix is kept, and the callback URL is told', async () => {
    const server = await rawServer((socket) => socket.write(http('200 OK', success)));
    const gateway = client(server.port, {
      url: `http://127.0.0.1:${server.port}/eu/v2/`,
      callbackUrl: 'http://127.0.0.1:9/gateway/callbacks',
    });
    expect(await gateway.send([debit], never)).toMatchObject({ kind: 'answered', dateMs: null });
    expect(await gateway.query(['A'], never)).toMatchObject({ kind: 'answered' });
    expect(await gateway.void(['A'], never)).toMatchObject({ kind: 'answered' });
    expect(server.requests.map((request) => request.split(' ')[1])).toEqual([
      '/eu/v2/v1/debits',
      '/eu/v2/v1/debits/query',
      '/eu/v2/v1/debits/void',
    ]);
    expect(server.requests[0]).toContain('x-callback-url: http://127.0.0.1:9/gateway/callbacks\r\n');
    expect(server.requests[1]).toContain('{"requestNos":["A"]}');
    expect(gateway.origin).toBe(`http://127.0.0.1:${server.port}`);
  });

  test('connections are used again, and no proxy variable is obeyed', async () => {
    const before = process.env.http_proxy;
    process.env.http_proxy = 'http://127.0.0.1:1';
    cleanUps.push(() => {
      if (before === undefined) delete process.env.http_proxy;
      else process.env.http_proxy = before;
    });
    const server = await rawServer((socket) => socket.write(http('200 OK', success)));
    const gateway = client(server.port);
    for (let no = 0; no < 5; no++) expect((await gateway.send([debit], never)).kind).toBe('answered');
    expect(server.connections).toBe(1);
  });

  test('capabilities are checked, and a bad one is an error that names the field', async () => {
    const server = await rawServer((socket) =>
      socket.write(
        http('200 OK', '{"batchMax":0,"maxRequestsPerSecond":1,"visibilityMs":1,"keyLifetimeMs":1,"void":true}'),
      ),
    );
    await expect(client(server.port).capabilities(never)).rejects.toThrow(
      expect.objectContaining({ code: 'DOWNSTREAM_CAPABILITIES', details: { field: 'batchMax' } }),
    );
  });
});

describe('not sent: no byte left this machine', () => {
  test('connection refused', async () => {
    const server = await rawServer(() => undefined);
    await cleanUps.pop()?.();
    expect(await client(server.port).send([debit], never)).toMatchObject({
      kind: 'not_sent',
      why: expect.stringContaining('ECONNREFUSED'),
      retryAfterMs: null,
      status: null,
    });
  });

  test('a name that does not resolve', async () => {
    const gateway = client(1, { url: 'http://gateway.invalid:1' });
    expect(await gateway.send([debit], never)).toMatchObject({
      kind: 'not_sent',
      why: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/),
    });
  });

  test('time is over, or the caller gives up, before a connection is free', async () => {
    const server = await rawServer(() => undefined);
    const gateway = client(server.port, { socketsMax: 1 });
    const endHolder = new AbortController();
    const holder = gateway.send([debit], endHolder.signal);
    const giveUp = new AbortController();
    const waiting = gateway.send([debit], giveUp.signal);
    giveUp.abort(new Error('the node stops'));
    expect(await waiting).toMatchObject({ kind: 'not_sent', why: expect.stringContaining('the node stops') });
    expect(await gateway.send([debit], AbortSignal.timeout(50))).toMatchObject({
      kind: 'not_sent',
      why: expect.stringContaining('TimeoutError'),
    });
    await expect.poll(() => server.requests.length).toBe(1);
    endHolder.abort(new Error('enough'));
    expect((await holder).kind).toBe('unclear');
    expect(server.requests.length).toBe(1);
  });

  test('an abort before the start sends nothing', async () => {
    const server = await rawServer((socket) => socket.write(http('200 OK', success)));
    expect(await client(server.port).send([debit], AbortSignal.abort(new Error('over')))).toMatchObject({
      kind: 'not_sent',
    });
    expect(server.requests).toEqual([]);
  });

  test('a TLS handshake that does not come to its end', async () => {
    const server = net.createServer((socket) => {
      socket.once('data', () => socket.destroy());
      socket.on('error', () => socket.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanUps.push(() => void server.close());
    const { port } = server.address() as net.AddressInfo;
    const gateway = client(port, { url: `https://127.0.0.1:${port}` });
    expect(await gateway.send([debit], never)).toMatchObject({ kind: 'not_sent' });
  });

  test.each([
    ['Retry-After: 7', 7_000],
    ['Retry-After: Fri, 20 Nov 2026 00:00:09 GMT', 9_000],
    ['X-Nothing: 1', null],
  ])('429 with %s', async (header, retryAfterMs) => {
    const server = await rawServer((socket) =>
      socket.write(http('429 Too Many Requests', '{}', [header, 'Date: Fri, 20 Nov 2026 00:00:00 GMT'])),
    );
    expect(await client(server.port).send([debit], never)).toEqual({
      kind: 'not_sent',
      why: 'HTTP 429',
      retryAfterMs,
      status: 429,
      raw: '{}',
    });
  });

  test('429 whose body is cut is still a 429', async () => {
    const server = await rawServer((socket) => {
      socket.end('HTTP/1.1 429 Too Many\r\nContent-Length: 100\r\nRetry-After: 1\r\n\r\n{"half');
    });
    expect(await client(server.port).send([debit], never)).toMatchObject({
      kind: 'not_sent',
      retryAfterMs: 1_000,
      raw: '{"half',
    });
  });
});

describe('credentials', () => {
  test.each([401, 403])('%i, whatever its body says, and the key is not in what is kept', async (status) => {
    const server = await rawServer((socket) => socket.write(http(`${status} No`, `{"you sent":"Bearer ${KEY}"}`)));
    expect(await client(server.port).send([debit], never)).toEqual({
      kind: 'credentials',
      why: `HTTP ${status}`,
      status,
      raw: '{"you sent":"Bearer [key]"}',
    });
  });

  test('a certificate that nobody vouches for, and not a byte of the request reaches it', async () => {
    const certificate = selfSignedCertificate('127.0.0.1');
    const server = await rawServer((socket) => socket.write(http('200 OK', success)), certificate);
    const url = `https://127.0.0.1:${server.port}`;
    expect(await client(server.port, { url }).send([debit], never)).toMatchObject({
      kind: 'credentials',
      status: null,
      why: expect.stringContaining('SELF_SIGNED'),
    });
    expect(server.requests).toEqual([]);
    expect(await client(server.port, { url, ca: certificate.cert }).send([debit], never)).toMatchObject({
      kind: 'answered',
    });
  });

  test('a trusted certificate of another host', async () => {
    const certificate = selfSignedCertificate('192.0.2.1');
    const server = await rawServer((socket) => socket.write(http('200 OK', success)), certificate);
    const gateway = client(server.port, { url: `https://127.0.0.1:${server.port}`, ca: certificate.cert });
    expect(await gateway.send([debit], never)).toMatchObject({
      kind: 'credentials',
      why: expect.stringContaining('ALTNAME'),
    });
    expect(server.requests).toEqual([]);
  });
});

describe('unclear: a byte could have left', () => {
  const cases: [name: string, answer: (socket: net.Socket) => void, expected: object][] = [
    ['a reset after the request', (socket) => socket.resetAndDestroy(), { status: null }],
    ['the connection closed without an answer', (socket) => socket.end(), { status: null }],
    ['no HTTP at all', (socket) => socket.end('SSH-2.0-x\r\n'), { status: null }],
    ['half a head', (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Le'), { status: null }],
    ['a head without end', (socket) => socket.write(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}`), { status: null }],
    [
      'half a body, then the end',
      (socket) => socket.end(`HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n${success}`),
      { status: 200 },
    ],
    [
      'half a body, then a reset',
      (socket) =>
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n${success}`, () => socket.resetAndDestroy()),
      { status: 200, raw: success },
    ],
    [
      'chunks without the last one',
      (socket) => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\ne\r\n{"results":[]}\r\n'),
      { status: 200 },
    ],
    [
      'a body that ends with the connection, in the middle',
      (socket) => socket.end(`HTTP/1.1 200 OK\r\n\r\n${success.slice(0, 40)}`),
      { status: 200 },
    ],
    ['no JSON', (socket) => socket.write(http('200 OK', '<html>')), { status: 200, raw: '<html>' }],
    ['JSON of another shape', (socket) => socket.write(http('200 OK', '[]')), { status: 200, raw: '[]' }],
    ['an empty body', (socket) => socket.write(http('200 OK', '')), { status: 200 }],
    ['204', (socket) => socket.write('HTTP/1.1 204 No Content\r\n\r\n'), { status: 204 }],
    ['201 with good results', (socket) => socket.write(http('201 Created', success)), { status: 201 }],
    ['302 to elsewhere', (socket) => socket.write(http('302 Found', '', ['Location: /v1/elsewhere'])), { status: 302 }],
    [
      '307 to elsewhere',
      (socket) => socket.write(http('307 Temporary', '', ['Location: /v1/elsewhere'])),
      { status: 307 },
    ],
    ['400', (socket) => socket.write(http('400 Bad', '{}')), { status: 400, raw: '{}' }],
    ['404', (socket) => socket.write(http('404 Not Found', '')), { status: 404 }],
    ['407', (socket) => socket.write(http('407 Proxy', '')), { status: 407 }],
    ['500', (socket) => socket.write(http('500 Oops', success)), { status: 500, raw: success }],
    ['503 with Retry-After', (socket) => socket.write(http('503 Busy', '', ['Retry-After: 1'])), { status: 503 }],
    [
      'a change of protocol',
      (socket) => socket.write('HTTP/1.1 101 Switch\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
      { status: null },
    ],
    [
      'a compressed body that nobody asked for',
      (socket) => socket.write(http('200 OK', '\u001f\u008b\b', ['Content-Encoding: gzip'])),
      { status: 200 },
    ],
  ];
  test.each(cases)('%s, and it is sent once', async (_name, answer, expected) => {
    const server = await rawServer((socket) => answer(socket));
    expect(await client(server.port).send([debit], never)).toMatchObject({ kind: 'unclear', ...expected });
    expect(server.requests.length).toBe(1);
  });

  const hangs: [name: string, answer: (socket: net.Socket) => void][] = [
    ['nothing comes', () => undefined],
    ['the head does not come to its end', (socket) => socket.write('HTTP/1.1 200 OK\r\n')],
    [
      'the body does not come to its end',
      (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{"results"'),
    ],
    [
      'the body comes a byte at a time',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n');
        const drip = setInterval(() => socket.write(' '), 20);
        socket.on('close', () => clearInterval(drip));
      },
    ],
  ];
  test.each(hangs)('%s: the exchange ends with its one timeout', async (_name, answer) => {
    const server = await rawServer((socket) => answer(socket));
    expect(await client(server.port, { timeoutMs: 250 }).send([debit], never)).toMatchObject({
      kind: 'unclear',
      why: expect.stringContaining('TimeoutError'),
    });
  });

  test('the caller gives up while the gateway works', async () => {
    const giveUp = new AbortController();
    const server = await rawServer(() => giveUp.abort(new Error('second signal')));
    expect(await client(server.port).send([debit], giveUp.signal)).toMatchObject({
      kind: 'unclear',
      why: expect.stringContaining('second signal'),
    });
  });

  test('a kept connection that is closed under us: the next request is unclear, not sent a second time', async () => {
    const server = await rawServer((socket, _request, no) => {
      if (no === 1) socket.write(http('200 OK', success));
      else socket.resetAndDestroy();
    });
    const gateway = client(server.port);
    expect((await gateway.send([debit], never)).kind).toBe('answered');
    expect(await gateway.send([debit], never)).toMatchObject({ kind: 'unclear', status: null });
    expect(server.requests.length).toBe(2);
  });

  test('an answer larger than 64 MiB is not read to its end', async () => {
    const piece = Buffer.alloc(1024 * 1024, ' ');
    const server = await rawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n');
      const pour = (): void => {
        while (socket.writable && socket.write(piece));
        if (socket.writable) socket.once('drain', pour);
      };
      pour();
    });
    const gateway = client(server.port, { timeoutMs: 30_000 });
    expect(await gateway.query(['A'], never)).toMatchObject({
      kind: 'unclear',
      why: expect.stringContaining('larger than'),
    });
  });
});

describe('settlement files', () => {
  const HEADER = 'gateway_ref,request_no,account_no,currency,amount,settled_at\n';
  const fetchAll = async (gateway: GatewayDownstream, signal = never): Promise<number | string> => {
    const file = await gateway.file('2026-11-20', signal);
    if (file.kind !== 'lines') return file.kind === 'absent' ? 'absent' : `unusable: ${file.why}`;
    let lines = 0;
    for await (const batch of file.lines) lines += batch.length;
    return lines;
  };

  test('a whole file comes whole, and its connection is used again', async () => {
    const server = await rawServer((socket) =>
      socket.write(http('200 OK', `${HEADER}G1,R1,62,CNY,100,1\nTRAILER,1\n`)),
    );
    const gateway = client(server.port);
    expect(await fetchAll(gateway)).toBe(1);
    expect(await fetchAll(gateway)).toBe(1);
    expect(server.requests[0]).toMatch(/^GET \/v1\/settlement-files\/2026-11-20 /);
    expect(server.connections).toBe(1);
  });

  test.each([
    ['404', http('404 Not Found', ''), 'absent'],
    ['401', http('401 No', ''), 'unusable: HTTP 401'],
    ['500', http('500 Oops', HEADER), 'unusable: HTTP 500'],
    ['302', http('302 Found', '', ['Location: /x']), 'unusable: HTTP 302'],
    ['206', http('206 Partial', `${HEADER}TRAILER,0\n`), 'unusable: HTTP 206'],
    ['a web page', http('200 OK', '<html>'), expect.stringMatching(/^unusable: .*header/)],
    ['a wrong trailer', http('200 OK', `${HEADER}TRAILER,1\n`), expect.stringMatching(/^unusable: .*TRAILER says 1/)],
    [
      'a good file that is announced longer',
      `HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n${HEADER}TRAILER,0\n`,
      expect.stringMatching(/^unusable: .*cut/),
    ],
  ])('%s', async (_name, answer, expected) => {
    const server = await rawServer((socket) => socket.end(answer));
    expect(await fetchAll(client(server.port))).toEqual(expected);
  });

  test('nobody there, and nobody answering', async () => {
    const server = await rawServer(() => undefined);
    expect(await fetchAll(client(server.port, { timeoutMs: 200 }))).toMatch(/unusable: .*nothing came for 200 ms/);
    await cleanUps.shift()?.();
    expect(await fetchAll(client(server.port))).toMatch(/unusable: .*ECONNREFUSED/);
  });

  test('what shows itself after the first batch is thrown where the lines are read', async () => {
    const many = Array.from({ length: 1_500 }, (_, at) => `G${at},R${at},62,CNY,100,1\n`).join('');
    const server = await rawServer((socket) => socket.write(http('200 OK', `${HEADER}${many}`)));
    await expect(fetchAll(client(server.port))).rejects.toThrow(
      expect.objectContaining({ code: 'SETTLEMENT_FILE_UNUSABLE', message: expect.stringContaining('no TRAILER') }),
    );
  });

  test('a file may take longer than the timeout as long as something comes, and may stall for no longer', async () => {
    const many = Array.from({ length: 1_000 }, (_, at) => `G${at},R${at},62,CNY,100,1\n`).join('');
    let stall = false;
    const server = await rawServer((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\n\r\n${HEADER}${many}`);
      let no = 0;
      const more = setInterval(() => {
        if (stall) return clearInterval(more);
        socket.write(`G,R${no},62,CNY,100,1\n`);
        if (++no < 5) return;
        clearInterval(more);
        socket.end('TRAILER,1005\n');
      }, 250);
    });
    const gateway = client(server.port, { timeoutMs: 1_000 });
    expect(await fetchAll(gateway)).toBe(1_005);
    stall = true;
    await expect(fetchAll(gateway)).rejects.toThrow(/nothing came for 1000 ms/);
  });

  test('a file that drips for ever is given up: the night has to end', async () => {
    const server = await rawServer((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\n\r\n${HEADER}`);
      const drip = setInterval(() => socket.write('G,R,62,CNY,100,1\n'), 20);
      socket.once('close', () => clearInterval(drip));
    });
    // A clock on which a minute is a quarter of a second.
    const { clock } = runtime;
    const fast = { ...clock, monotonicMs: () => clock.monotonicMs() * 240 };
    const gateway = client(server.port, { runtime: { ...runtime, clock: fast } });
    expect(await fetchAll(gateway)).toMatch(/^unusable: .*only \d+ bytes came in a minute/);
  });

  test('leaving the loop early gives the connection back, and an abort ends the reading', async () => {
    const many = Array.from({ length: 3_000 }, (_, at) => `G${at},R${at},62,CNY,100,1\n`).join('');
    const closed: Promise<void>[] = [];
    const server = await rawServer((socket) => {
      closed.push(new Promise((resolve) => socket.once('close', () => resolve())));
      socket.write(`HTTP/1.1 200 OK\r\n\r\n${HEADER}${many}`);
    });
    const gateway = client(server.port);
    const left = await gateway.file('2026-11-20', never);
    if (left.kind === 'lines') for await (const _batch of left.lines) break;
    await closed[0];
    const stop = new AbortController();
    const file = await gateway.file('2026-11-20', stop.signal);
    stop.abort(new Error('the night is over'));
    const reading = (async () => {
      if (file.kind === 'lines') for await (const _batch of file.lines);
    })();
    await expect(reading).rejects.toThrow(/the night is over/);
    await closed[1];
  });

  test('one that is let go when its connection is done with harms nobody', async () => {
    const uncaught: unknown[] = [];
    const note = (error: unknown): void => void uncaught.push(error);
    process.on('uncaughtException', note);
    cleanUps.push(() => void process.off('uncaughtException', note));
    const server = await rawServer((socket) => socket.write(http('200 OK', `${HEADER}TRAILER,0\nmore\n`)));
    const gateway = client(server.port);
    for (let n = 0; n < 20; n++) expect(await fetchAll(gateway)).toMatch(/^unusable: .*lines after its TRAILER/);
    await new Promise((resolve) => setImmediate(resolve));
    expect(uncaught).toEqual([]);
  });

  test('a date that is no date is refused before anything is asked', async () => {
    await expect(client(1).file('../secrets', never)).rejects.toThrow(expect.objectContaining({ code: 'BAD_INPUT' }));
  });
});

test('the key is in no log line, error or raw text', async () => {
  const lines: string[] = [];
  const logger = createLogger({ level: 'debug', destination: { write: (line) => void lines.push(line) } });
  const echo = `{"results":[],"echo":"${KEY}"}`;
  const answers = [
    http('200 OK', echo),
    http('500 Oops', echo),
    http('401 No', echo),
    http('200 OK', `${KEY} is no JSON`),
  ];
  const server = await rawServer((socket, _request, no) => socket.write(answers[no - 1] ?? ''));
  const gateway = client(server.port, { logger });
  const results: unknown[] = [];
  for (const _ of answers) results.push(await gateway.send([debit], never));
  await gateway.file('2026-11-20', AbortSignal.timeout(100));
  expect(results.map((result) => (result as { kind: string }).kind)).toEqual([
    'answered',
    'unclear',
    'credentials',
    'unclear',
  ]);
  expect(JSON.stringify(results)).not.toContain(KEY);
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.join('')).not.toContain(KEY);
});

test.each([
  [{ url: 'localhost:8080' }, /gateway URL/],
  [{ url: 'http://h/?x' }, /gateway URL/],
  [{ key: 'a\nb' }, /gateway key/],
  [{ timeoutMs: 0 }, /timeout/],
  [{ callbackUrl: 'http://h/\r\nX: 1' }, /callback URL/],
])('the option %j is refused by its name', (change, why) => {
  expect(() => client(1, change)).toThrow(
    expect.objectContaining({ code: 'BAD_OPTION', message: expect.stringMatching(why) }),
  );
});
