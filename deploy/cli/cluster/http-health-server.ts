import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Executor } from '../../../executor/create-executor.ts';
import { messageOf } from '../../../shared/errors.ts';
import { UsageError } from '../usage-error.ts';

/** `--health-port`: the pages of a node that holds lines and has no other port. Throws UsageError when it is taken. */
export async function startHealthServer(
  { host, port }: { readonly host: string; readonly port: number },
  executor: Pick<Executor, 'readiness' | 'metrics'>,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    answer(request.method === 'GET' ? (request.url ?? '').split('?')[0] : undefined, response, executor).catch(() => {
      if (!response.headersSent) send(response, 500, 'text/plain', 'the page could not be made');
    });
  });
  server.requestTimeout = 10_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(
        new UsageError(`--health-port ${port} cannot be opened on ${host} (${messageOf(cause)}): name a free one`, {
          cause,
        }),
      );
    });
    server.listen(port, host, resolve);
  });
  const name = host.includes(':') ? `[${host}]` : host;
  return {
    url: `http://${name}:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  path: string | undefined,
  response: ServerResponse,
  { readiness, metrics }: Pick<Executor, 'readiness' | 'metrics'>,
): Promise<void> {
  const json = (status: number, body: object): void => send(response, status, 'application/json', JSON.stringify(body));
  switch (path) {
    case '/health/live':
      return json(200, { status: 'live' });
    case '/health':
    case '/health/ready': {
      const { ready, reasons } = await readiness();
      return json(ready ? 200 : 503, { status: ready ? 'ready' : 'not ready', reasons });
    }
    case '/metrics': {
      const { contentType, body } = await metrics.scrape();
      return send(response, 200, contentType, body);
    }
    default:
      return send(response, 404, 'text/plain', 'there are /health/live, /health/ready and /metrics');
  }
}

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { 'content-type': contentType });
  response.end(body);
}
