import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { AttemptStopped } from '../../executor/handler/attempt.ts';
import { type HttpHandlerOptions, httpHandler } from '../../executor/handler/builtin/http-handler.ts';
import type { Handler } from '../../executor/handler/handler-context.ts';
import { createParamsReader } from '../../executor/handler/read-params.ts';
import { givenContext } from '../support/given-context.ts';

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

let server: Server;
let origin: string;
let asked: Asked[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let arrived: PromiseWithResolvers<void>;
const made: Handler[] = [];

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const { method = '', url = '', headers } = request;
    asked.push({ method, url, headers, body: Buffer.concat(parts).toString() });
    arrived.resolve();
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  for (const handler of made) await handler.destroy?.();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  asked = [];
  arrived = Promise.withResolvers();
  answer = (_, response) => response.end('pong');
});
afterEach(() => vi.unstubAllEnvs());

function start(params: object, options: Partial<HttpHandlerOptions> = {}) {
  const handler = httpHandler({ allow: [`${origin}/`], networks: ['127.0.0.0/8'], ...options });
  made.push(handler);
  const read = createParamsReader(handler.params as NonNullable<Handler['params']>);
  const given = givenContext({ params: read(JSON.stringify({ url: `${origin}/ping`, timeout: 60_000, ...params })) });
  return { ...given, run: handler.run(given.ctx) };
}

describe('a request', () => {
  test('has what the parameter of a job says', async () => {
    const { run, lines } = start({
      url: `${origin}/ping?secret=1`,
      method: 'put',
      contentType: 'text/plain',
      headers: { 'X-One': '1' },
      cookies: { a: 'b', c: 'd' },
      auth: 'Bearer hush',
      data: 'héllo',
    });
    expect(await run).toEqual({ status: 200 });
    expect(asked).toMatchObject([
      {
        method: 'PUT',
        url: '/ping?secret=1',
        body: 'héllo',
        headers: { 'x-one': '1', cookie: 'a=b; c=d', authorization: 'Bearer hush', 'content-type': 'text/plain' },
      },
    ]);
    expect(lines).toEqual([`INFO  PUT ${origin}/ping`, 'INFO  status 200, 4 characters', 'INFO  answer: pong']);
  });

  test('is a POST of JSON by default, or of a form', async () => {
    await start({ data: '{"a":1}' }).run;
    await start({ form: { a: '1 2', b: '&' } }).run;
    expect(asked.map(({ method, body, headers }) => [method, body, headers['content-type']])).toEqual([
      ['POST', '{"a":1}', 'application/json'],
      ['POST', 'a=1+2&b=%26', 'application/x-www-form-urlencoded'],
    ]);
  });

  test('carries a key made of run and shard when asked', async () => {
    await start({ idempotencyKey: 'auto' }).run;
    expect(asked[0]?.headers['idempotency-key']).toBe('run-5-0');
  });

  test.each(['Host', 'Transfer-Encoding', 'Content-Length', 'Proxy-Authorization'])('cannot set %s', async (name) => {
    await expect(start({ headers: { [name]: 'x' } }).run).rejects.toMatchObject({ code: 'PARAM_INVALID' });
    expect(asked).toEqual([]);
  });

  test('cannot smuggle a line into a header', async () => {
    await expect(start({ headers: { 'x-a': 'b\r\nx-c: d' } }).run).rejects.toMatchObject({ code: 'PARAM_INVALID' });
    await expect(start({ auth: 'b\nx' }).run).rejects.toMatchObject({ code: 'PARAM_INVALID' });
  });

  test('takes no notice of a proxy in the environment', async () => {
    for (const name of ['http_proxy', 'HTTP_PROXY', 'all_proxy']) vi.stubEnv(name, 'http://127.0.0.1:1');
    await start({}).run;
    expect(asked).toHaveLength(1);
  });
});

describe('an answer', () => {
  test('is echoed into the result only as far as the job asks and the owner allows', async () => {
    expect(await start({ resultChars: 100 }).run).toEqual({ status: 200 });
    expect(await start({}, { resultCharsMax: 3 }).run).toEqual({ status: 200 });
    expect(await start({ resultChars: 100 }, { resultCharsMax: 3 }).run).toEqual({ status: 200, body: 'pon' });
    const quiet = start({}, { logCharsMax: 0 });
    await quiet.run;
    expect(quiet.lines.join()).not.toContain('pong');
  });

  test.each([
    [{ expect: [404] }, 404, null],
    [{}, 204, null],
    [{ contains: 'on' }, 200, null],
    [{}, 404, 'the answer has status 404, not 200 to 299'],
    [{ expect: [201, 202] }, 200, 'the answer has status 200, not 201, 202'],
    [{ contains: 'nothing' }, 200, 'does not contain'],
    // Redirects are off: this one is an answer like any other.
    [{ method: 'GET' }, 302, 'the answer has status 302'],
  ])('with %j and status %i: %s', async (params, status, surprise) => {
    answer = (_, response) => response.writeHead(status, { location: '/elsewhere' }).end(status === 204 ? '' : 'pong');
    const { run } = start(params);
    if (surprise === null) expect(await run).toEqual({ status });
    else
      await expect(run).rejects.toMatchObject({ code: 'HTTP_UNEXPECTED', message: expect.stringContaining(surprise) });
    expect(asked).toHaveLength(1);
  });

  test.each([
    ['GET', 503, {}, true],
    ['GET', 404, {}, false],
    ['GET', 429, {}, true],
    ['GET', 200, { contains: 'ready' }, true],
    ['POST', 200, { contains: 'ready' }, false],
    ['POST', 503, {}, false],
    ['POST', 503, { idempotencyKey: 'k' }, true],
  ])('%s with status %i and %j: retryable %s', async (method, status, params, retryable) => {
    answer = (_, response) => response.writeHead(status).end();
    await expect(start({ method, ...params }).run).rejects.toMatchObject({ code: 'HTTP_UNEXPECTED', retryable });
  });

  test('without end is read as far as the limit', async () => {
    answer = (_, response) => {
      const more = () => {
        while (response.write('x'.repeat(65_536)));
      };
      response.on('drain', more);
      more();
    };
    const { run, lines } = start({ contains: 'xxx' }, { answerBytesMax: 100_000 });
    expect(await run).toEqual({ status: 200 });
    expect(lines).toContain('INFO  status 200, 100000 characters (cut)');
  });

  test('that is compressed is not inflated', async () => {
    answer = (_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('x'.repeat(10_000_000)));
    expect(await start({}).run).toEqual({ status: 200 });
  });
});

describe('a lost answer is unclear', () => {
  test.each([
    ['POST', {}, false],
    ['GET', {}, true],
    ['POST', { idempotencyKey: 'k' }, true],
  ])('%s with %j whose line breaks: retryable %s', async (method, params, retryable) => {
    answer = (request) => request.socket.destroy();
    await expect(start({ method, ...params }).run).rejects.toMatchObject({
      code: 'HTTP_UNCLEAR',
      message: expect.stringContaining('it may have been executed'),
      retryable,
    });
  });

  test('when none comes in time', async () => {
    answer = () => undefined;
    await expect(start({ timeout: 500 }).run).rejects.toMatchObject({
      code: 'HTTP_UNCLEAR',
      message: `POST ${origin}/ping: no whole answer within 500 ms: it may have been executed`,
    });
  });

  test('when it trickles without end', async () => {
    answer = (_, response) => response.write('x');
    await expect(start({ timeout: 300 }).run).rejects.toMatchObject({ code: 'HTTP_UNCLEAR' });
  });

  test('but a kill is a kill', async () => {
    answer = () => undefined;
    const { run, stop } = start({});
    await arrived.promise;
    const reason = new AttemptStopped('killed');
    stop.abort(reason);
    await expect(run).rejects.toBe(reason);
  });

  test('and no connection is clear: nothing was asked', async () => {
    const { port } = await closedPort();
    const url = `http://127.0.0.1:${port}/`;
    await expect(start({ url }, { allow: [url] }).run).rejects.toMatchObject({
      code: 'HTTP_UNREACHABLE',
      retryable: true,
    });
  });
});

describe('refused', () => {
  test('everything, when nothing is allowed', async () => {
    await expect(start({}, { allow: [] }).run).rejects.toMatchObject({
      code: 'HTTP_REFUSED',
      message: expect.stringContaining(`httpHandler({ allow: ['${origin}/'] })`),
    });
  });

  test('a name that leads to this machine, until its network is named', async () => {
    const url = origin.replace('127.0.0.1', 'inner.test');
    const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
    await expect(start({ url }, { allow: [url], networks: [], resolve }).run).rejects.toMatchObject({
      code: 'HTTP_REFUSED',
      message: expect.stringContaining('inner.test (127.0.0.1) is not on the public internet'),
      retryable: false,
    });
    expect(asked).toEqual([]);
    await start({ url }, { allow: [url], resolve }).run;
    expect(asked).toMatchObject([{ headers: { host: new URL(url).host } }]);
  });

  test('a name that resolves to another address a moment later: each connection goes to what was judged for it', async () => {
    const url = origin.replace('127.0.0.1', 'rebind.test');
    const answers = ['127.0.0.1', '127.0.0.2', '169.254.169.254'];
    let resolved = 0;
    const resolve = async () => [{ address: answers[resolved++] as string, family: 4 }];
    const options = { allow: [url], networks: ['127.0.0.1/32'], resolve };
    await start({ url }, options).run;
    expect([resolved, asked.length]).toEqual([1, 1]);
    for (const _ of [2, 3])
      await expect(start({ url }, { ...options }).run).rejects.toMatchObject({ code: 'HTTP_REFUSED' });
    expect([resolved, asked.length]).toEqual([3, 1]);
  });
});

describe('redirects, where the owner turns them on', () => {
  const to = (location: string) => {
    answer = (request, response) =>
      request.url === '/ping' ? response.writeHead(302, { location }).end() : response.end('there');
  };

  test('are followed for GET', async () => {
    to('/there');
    expect(await start({ method: 'GET', auth: 't' }, { redirectsMax: 1, resultCharsMax: 9 }).run).toEqual({
      status: 200,
    });
    expect(asked.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      ['/ping', 't'],
      ['/there', 't'],
    ]);
  });

  test('never to what is not allowed', async () => {
    to('http://169.254.169.254/latest/meta-data');
    await expect(start({ method: 'GET' }, { redirectsMax: 5 }).run).rejects.toMatchObject({ code: 'HTTP_REFUSED' });
    expect(asked).toHaveLength(1);
  });

  test('never for a request that does something, and not for ever', async () => {
    to('/ping');
    await expect(start({}, { redirectsMax: 5 }).run).rejects.toMatchObject({ code: 'HTTP_UNEXPECTED' });
    expect(asked).toHaveLength(1);
    await expect(start({ method: 'GET' }, { redirectsMax: 2 }).run).rejects.toMatchObject({ code: 'HTTP_UNEXPECTED' });
    expect(asked).toHaveLength(4);
  });

  test('do not carry a token to another origin', async () => {
    const other = origin.replace('127.0.0.1', 'other.test');
    to(`${other}/there`);
    const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
    await start({ method: 'GET', auth: 't', cookies: { a: 'b' } }, { redirectsMax: 1, allow: [origin, other], resolve })
      .run;
    expect(asked[1]?.url).toBe('/there');
    expect(asked[1]?.headers.authorization ?? asked[1]?.headers.cookie).toBeUndefined();
  });
});

async function closedPort(): Promise<AddressInfo> {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const address = other.address() as AddressInfo;
  await new Promise((resolve) => other.close(resolve));
  return address;
}
