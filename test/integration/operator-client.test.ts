import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createOperatorClient } from '../../deploy/cli/cluster/http-operator-client.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});

/** A scheduler that answers everything with this envelope. */
async function answering(envelope: object): Promise<string> {
  const server = createServer((_, response) => response.end(JSON.stringify(envelope)));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const ask = (...schedulers: string[]) =>
  createOperatorClient({
    schedulers,
    accessToken: 'operator-client-test-token-0123456789',
    runtime: systemRuntime(),
  }).ask('status', {});

test.each([
  ['before it could say who may ask', { code: 500, msg: 'openapi invoke error: no connection to the database' }],
  ['and said so', { code: 500, msg: 'no connection', data: { error: 'STORE_UNREACHABLE' } }],
])('a scheduler whose database is away %s is one that does not answer', async (_, envelope) => {
  await expect(ask(await answering(envelope))).rejects.toMatchObject({
    code: 'SCHEDULER_UNREACHABLE',
    message: expect.stringContaining('no connection'),
  });
});

test('what it says of a request is its answer, and no other is asked', async () => {
  const no = await answering({ code: 500, msg: 'there is no such run', data: { error: 'NOT_FOUND' } });
  await expect(ask(no, 'http://127.0.0.1:1')).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
