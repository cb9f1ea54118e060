import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDaybreakError, messageOf } from '../../../../shared/errors.ts';
import type { Arrival } from './books-types.ts';
import { draw, hits } from './draw.ts';
import {
  closeServer,
  drained,
  hasKey,
  listen,
  type Route,
  readRequestBody,
  routeOf,
  sendHalf,
  sendJson,
} from './http-answers.ts';
import { startInstantGateway } from './instant-gateway.ts';
import { createRateWindow } from './rate-window.ts';
import type { RequestFate } from './request-fate.ts';
import { BadRequest } from './request-shape.ts';
import { CUT } from './settlement-file.ts';
import { createSimulatedGateway } from './simulated-gateway.ts';
import { checkSimulatorOptions, type GatewaySimulator, type GatewaySimulatorOptions } from './simulator-options.ts';

/**
 * A payment gateway in this process, on loopback: all of docs/gateway.md, with its own durable books and a dial for
 * each thing that gateways do to their callers.
 * @example
 * const gateway = await startGatewaySimulator({ books: '/tmp/books.sqlite', key: 'a-key', preset: 'moderate' });
 * // ... debit at gateway.url ...
 * await gateway.close();
 * console.log(readBooks(gateway.books).successes);
 */
export async function startGatewaySimulator(given: GatewaySimulatorOptions): Promise<GatewaySimulator> {
  const options = checkSimulatorOptions(given);
  if (options.durability === 'none') return startInstantGateway(options);
  const { capabilities, key, seed } = options;
  const gateway = createSimulatedGateway(options);
  const rate = createRateWindow(capabilities.maxRequestsPerSecond);
  const stopping = new AbortController();

  /** One request from its head to its end. */
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.sendDate = false;
    const route = routeOf(request);
    const body = await readRequestBody(request);
    response.setHeader('date', new Date(gateway.nowMs()).toUTCString());
    if (route === null || (route.endpoint === 'void' && !capabilities.void)) {
      return sendJson(response, 404, { message: 'there is no such call' });
    }
    if (body === null) return sendJson(response, 413, { message: 'the request is too large' });
    const { endpoint } = route;
    const no = gateway.nextArrivalNo();
    const arrivalWith = (fault: string | null): Arrival => {
      const kept = endpoint === 'debits' || endpoint === 'void' ? body : null;
      return { no, atMs: gateway.nowMs(), endpoint, entries: 0, fault, body: kept };
    };
    if (!hasKey(request, key)) {
      gateway.note({ ...arrivalWith('wrong-key'), body: null });
      return sendJson(response, 401, { message: 'the key is not known' });
    }
    if (gateway.dials().rateLimit && !rate.admit(performance.now())) {
      gateway.note({ ...arrivalWith('over-rate'), body: null });
      return sendThrottled(response);
    }
    const fate = gateway.fateOf({ no, endpoint });
    await delay(no);
    const told = request.headers['x-callback-url'];
    if (typeof told === 'string') gateway.learnCallbackUrl(told);
    if (fate.kind === 'refused' || fate.kind === 'before') {
      gateway.note(arrivalWith(fate.kind === 'refused' ? `refused-${fate.status}` : `${fate.fault}-before`));
      return refuse(response, fate);
    }
    if (route.endpoint === 'file') {
      gateway.note(arrivalWith(null));
      return sendFile(response, route.date);
    }
    if (fate.kind === 'late') {
      const debits = gateway.readDebits(body);
      response.destroy();
      await sleep(gateway.dials().lateArrivalMs, undefined, { signal: stopping.signal });
      await gateway.debit(arrivalWith('late'), debits);
      return;
    }
    const arrival = arrivalWith(fate.kind === 'after' ? `${fate.fault}-after` : null);
    return deliver(response, await answerTo(route, arrival, body), { fate, no });
  }

  async function answerTo(route: Route, arrival: Arrival, body: string): Promise<unknown> {
    switch (route.endpoint) {
      case 'debits':
        return { results: await gateway.debit(arrival, gateway.readDebits(body)) };
      case 'query':
        return { results: gateway.query(arrival, body) };
      case 'void':
        return { results: gateway.void(arrival, body) };
      default:
        gateway.note(arrival);
        return capabilities;
    }
  }

  function deliver(response: ServerResponse, answer: unknown, { fate, no }: { fate: RequestFate; no: number }): void {
    if (fate.kind === 'after') {
      if (fate.fault === 'lost') response.destroy();
      else if (fate.fault === 'truncated') sendHalf(response, answer);
      else if (fate.fault === 'error') sendJson(response, 500, { message: 'internal error' });
      // hang: the request stays open until the caller gives up or the simulator ends.
      return;
    }
    if (hits(gateway.dials().closeAfterAnswerRate, seed, 'close-after', no)) {
      const { socket } = response;
      response.once('finish', () => socket?.end());
    }
    sendJson(response, 200, answer);
  }

  function refuse(response: ServerResponse, fate: Extract<RequestFate, { kind: 'refused' | 'before' }>): void {
    if (fate.kind === 'refused') {
      if (fate.status === 429) sendThrottled(response);
      else sendJson(response, fate.status, { message: 'the key is not accepted now' });
    } else if (fate.fault === 'error') sendJson(response, 503, { message: 'unavailable' });
    else if (fate.fault === 'cut') response.destroy();
  }

  function sendThrottled(response: ServerResponse): void {
    const headers = { 'retry-after': String(gateway.dials().retryAfterSeconds) };
    sendJson(response, 429, { message: 'too many requests' }, headers);
  }

  async function sendFile(response: ServerResponse, date: string): Promise<void> {
    const file = gateway.file(date);
    if (file === null) return sendJson(response, 404, { message: 'there is no such file' });
    response.writeHead(200, { 'content-type': 'text/csv' });
    for (const piece of file) {
      if (response.destroyed) return;
      if (piece === CUT) {
        response.destroy();
        return;
      }
      if (!response.write(piece)) await drained(response);
      // Other requests get their turn between two pieces.
      else await sleep(0);
    }
    response.end();
  }

  async function delay(arrivalNo: number): Promise<void> {
    const { latencyMs, latencyJitterMs } = gateway.dials();
    if (latencyMs + latencyJitterMs === 0) return;
    const jitterMs = latencyJitterMs * draw(seed, 'latency', arrivalNo);
    await sleep(latencyMs + jitterMs, undefined, { signal: stopping.signal });
  }

  const server = http.createServer({ keepAliveTimeout: 60_000, requestTimeout: 0 }, (request, response) => {
    serve(request, response).catch((error: unknown) => {
      // The caller went away while it was speaking, or the simulator ends: nobody is left to be told.
      if (stopping.signal.aborted || error === request.errored) return;
      // Anything else that nobody can be told must not pass unseen: it ends the process.
      if (response.destroyed) throw error;
      const status = error instanceof BadRequest || isDaybreakError(error, 'BAD_OPTION') ? 400 : 500;
      if (response.headersSent) response.destroy();
      else sendJson(response, status, { message: messageOf(error) });
    });
  });
  const port = await listen(server, options.port, options.host);
  gateway.start();

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    key,
    books: options.books,
    setDials: (change) => gateway.setDials(change),
    nowMs: gateway.nowMs,
    async close() {
      stopping.abort();
      await closeServer(server);
      await gateway.close();
    },
  };
}
