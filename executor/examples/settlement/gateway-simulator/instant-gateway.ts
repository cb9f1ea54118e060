import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { closeServer, hasKey, listen, readRequestBody, routeOf, sendJson } from './http-answers.ts';
import { readDebits, readRequestNos } from './request-shape.ts';
import type { CheckedOptions, GatewaySimulator } from './simulator-options.ts';

/**
 * A gateway that costs as little as a gateway can, to measure others against: every debit is SUCCESS at once, nothing
 * is remembered but counters (`GET /counters`), so a debit that comes twice is executed twice. Not for money.
 */
export async function startInstantGateway(options: CheckedOptions): Promise<GatewaySimulator> {
  const { key, capabilities } = options;
  let requests = 0;
  let debits = 0;
  const amounts = new Map<string, bigint>();

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await readRequestBody(request)) ?? '';
    if (!hasKey(request, key)) return sendJson(response, 401, { message: 'the key is not known' });
    if (request.url === '/counters') {
      const amountMinor = Object.fromEntries([...amounts].map(([currency, sum]) => [currency, sum.toString()]));
      return sendJson(response, 200, { requests, debits, amountMinor });
    }
    const endpoint = routeOf(request)?.endpoint;
    requests++;
    if (endpoint === 'capabilities') return sendJson(response, 200, capabilities);
    if (endpoint === 'debits') return sendJson(response, 200, { results: execute(body) });
    if (endpoint === 'query' || endpoint === 'void') {
      const status = endpoint === 'query' ? 'NOT_FOUND' : 'VOIDED';
      const requestNos = readRequestNos(body, capabilities.batchMax);
      return sendJson(response, 200, { results: requestNos.map((requestNo) => ({ requestNo, status, code: 'OK' })) });
    }
    return sendJson(response, 404, { message: 'there is no such thing' });
  }

  function execute(body: string): unknown[] {
    return readDebits(body, capabilities.batchMax).map(({ requestNo, amount, currency }) => {
      debits++;
      amounts.set(currency, (amounts.get(currency) ?? 0n) + BigInt(amount));
      return { requestNo, status: 'SUCCESS', code: 'OK', message: '', gatewayRef: `GW${debits}`, amount, currency };
    });
  }

  const server = http.createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    serve(request, response).catch((error: unknown) => {
      if (!response.headersSent) sendJson(response, 400, { message: error instanceof Error ? error.message : 'bad' });
    });
  });
  const port = await listen(server, options.port);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    key,
    books: '',
    setDials: () => undefined,
    nowMs: () => Date.now(),
    async close() {
      await closeServer(server);
    },
  };
}
