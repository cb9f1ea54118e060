import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createHttpSchedulerClient } from '../../executor/node/http-scheduler-client.ts';
import { TEST_TOKEN } from '../support/given-executor.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

// Two tests wait for it in full; for all others it must be longer than a busy machine takes for an answer.
const TIMEOUT_MS = 3_000;

const client = (...schedulers: string[]) =>
  createHttpSchedulerClient({ schedulers, appname: 'orders', accessToken: TEST_TOKEN, timeoutMs: TIMEOUT_MS });
const tell = (...schedulers: string[]) => client(...schedulers).callback([{ logId: 91, handleCode: 200 }]);

describe('an answer that is none', () => {
  test.each<[string, RequestListener, RegExp]>([
    ['HTTP 503', (_, response) => void response.writeHead(503).end('{"code":200}'), /HTTP status 503, must be 200/],
    ['no JSON', (_, response) => void response.end('<html>'), /not JSON/],
    ['JSON without a code', (_, response) => void response.end('{"ok":true}'), /no whole-number "code"/],
    ['silence', () => undefined, /no whole answer in time|ECONNABORTED/],
    ['a cut line', (request) => void request.socket.destroy(), /ECONNRESET|socket hang up/],
    [
      'more than a mebibyte',
      (_, response) => void response.end(`{"code":200,"msg":"${'x'.repeat(2_000_000)}"}`),
      /maxContentLength/,
    ],
  ])('%s is no acknowledgement', async (_, answer, why) => {
    const answered = await tell(await serve(answer));
    expect(answered).toMatchObject({ kind: 'unreachable', why: expect.stringMatching(why) });
    expect(JSON.stringify(answered)).not.toContain(TEST_TOKEN);
  });

  test('an answer that drips in for ever is given up in time', async () => {
    let dripping: NodeJS.Timeout | undefined;
    const url = await serve((_, response) => {
      response.writeHead(200);
      dripping = setInterval(() => response.write(' '), 20);
    });
    expect(await tell(url)).toMatchObject({ kind: 'unreachable' });
    clearInterval(dripping);
  });
});

test('a redirect is not followed: the token goes to nobody else', async () => {
  const strangers: IncomingMessage[] = [];
  const stranger = await serve((request, response) => {
    strangers.push(request);
    response.end('{"code":200}');
  });
  const url = await serve(
    (_, response) => void response.writeHead(307, { location: `${stranger}/api/callback` }).end(),
  );
  expect(await tell(url)).toMatchObject({ kind: 'unreachable', why: expect.stringContaining('HTTP status 307') });
  expect(strangers).toEqual([]);
});

test('a proxy of the environment is not used', async () => {
  const seen: string[] = [];
  const proxy = await serve((request, response) => {
    seen.push(request.url ?? '');
    response.end('{"code":200}');
  });
  const url = await serve((_, response) => void response.end('{"code":200}'));
  process.env.http_proxy = proxy;
  try {
    expect(await tell(url)).toEqual({ kind: 'acknowledged', by: url });
  } finally {
    delete process.env.http_proxy;
  }
  expect(seen).toEqual([]);
});

test('the one that acknowledged last is asked first, and a refusal says more than a dead line', async () => {
  const asked: string[] = [];
  const named = (name: string, body: string) =>
    serve((_, response) => {
      asked.push(name);
      response.end(body);
    });
  const [no, yes] = [await named('no', '{"code":500,"msg":"not now"}'), await named('yes', '{"code":200}')];
  const both = client(no, yes);
  await both.runManifest({ runId: 5, sliceCount: 0, totals: [] });
  await both.runManifest({ runId: 6, sliceCount: 0, totals: [] });
  expect(asked).toEqual(['no', 'yes', 'yes']);
  expect(await tell(no, 'http://127.0.0.1:1')).toEqual({ kind: 'refused', by: no, code: 500, message: 'not now' });
});

test('the root of an admin with a context path is kept, with or without its slash', async () => {
  const paths: (string | undefined)[] = [];
  const url = await serve((request, response) => {
    paths.push(request.url);
    response.end('{"code":200}');
  });
  await tell(`${url}/xxl-job-admin/`);
  await tell(`${url}/xxl-job-admin`);
  expect(paths).toEqual(['/xxl-job-admin/api/callback', '/xxl-job-admin/api/callback']);
});

test('who knows no registrations has not registered anybody; what is for schedulers of ours alone is let go', async () => {
  const url = await serve((request, response) => {
    const msg = `invalid request, uri-mapping(${request.url}) not found.`;
    response.end(JSON.stringify({ code: 500, msg }));
  });
  const asking = client(url);
  const registration = { registryGroup: 'EXECUTOR', registryKey: 'orders', registryValue: 'http://127.0.0.1:9/' };
  expect(await asking.register({ ...registration, incarnation: 'i' })).toMatchObject({ kind: 'refused', by: url });
  expect(await asking.callback([{ logId: 91, handleCode: 200 }])).toMatchObject({ kind: 'refused' });
  expect(await asking.slicesSettled([])).toEqual({ kind: 'acknowledged', by: url });
});
