import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Debit {
  requestNo: string;
  accountNo: string;
  amount: number;
  currency: string;
}

/** A gateway of a few lines, written against the contract and sharing nothing with ours: its books are a map. */
export interface TinyGateway {
  readonly url: string;
  /** What it executed, by requestNo. */
  readonly books: Map<string, Debit>;
  /** How many debit entries arrived, repeats included. */
  readonly arrivals: number;
  /** How many requests came, to whatever path. */
  readonly requests: number;
  /**
   * success: at once. processing: accepted, no result yet. hang: executed, the answer never comes. other-amount: not
   * executed, and answered as SUCCESS of another amount.
   */
  mode: 'success' | 'processing' | 'hang' | 'other-amount';
  file: 'right' | 'empty' | 'error';
  key: string;
  capabilities: Record<string, unknown>;
  close(): Promise<void>;
}

export async function startTinyGateway(): Promise<TinyGateway> {
  const books = new Map<string, Debit>();
  let arrivals = 0;
  let requests = 0;
  const gateway = {
    url: '',
    books,
    get arrivals() {
      return arrivals;
    },
    get requests() {
      return requests;
    },
    mode: 'success',
    file: 'right',
    key: 'tiny-key',
    capabilities: {
      batchMax: 50,
      maxRequestsPerSecond: 200,
      visibilityMs: 100,
      keyLifetimeMs: 86_400_000,
      void: false,
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  } as TinyGateway;

  const success = (debit: Debit) => ({
    requestNo: debit.requestNo,
    status: 'SUCCESS',
    code: 'OK',
    gatewayRef: `G-${debit.requestNo}`,
    amount: debit.amount,
    currency: debit.currency,
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    requests += 1;
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const json = (body: unknown): void => void response.end(JSON.stringify(body));
    if (request.headers.authorization !== `Bearer ${gateway.key}`) {
      response.statusCode = 401;
      return json({});
    }
    const path = request.url ?? '';
    if (path === '/v1/capabilities') return json(gateway.capabilities);
    if (path.startsWith('/v1/settlement-files/')) return settlementFile(path, response);
    const body = JSON.parse(Buffer.concat(parts).toString()) as { debits?: Debit[]; requestNos?: string[] };
    if (path === '/v1/debits') {
      arrivals += body.debits?.length ?? 0;
      const executes = gateway.mode === 'success' || gateway.mode === 'hang';
      for (const debit of executes ? (body.debits ?? []) : []) books.set(debit.requestNo, debit);
      if (gateway.mode === 'hang') return;
      return json({
        results: (body.debits ?? []).map((debit) =>
          gateway.mode === 'processing'
            ? { requestNo: debit.requestNo, status: 'PROCESSING', code: 'OK' }
            : success(gateway.mode === 'other-amount' ? { ...debit, amount: debit.amount + 1 } : debit),
        ),
      });
    }
    json({
      results: (body.requestNos ?? []).map((requestNo) => {
        const debit = books.get(requestNo);
        if (debit !== undefined) return success(debit);
        if (gateway.mode === 'other-amount') return success({ requestNo, accountNo: '', amount: 1, currency: 'CNY' });
        return { requestNo, status: gateway.mode === 'processing' ? 'PROCESSING' : 'NOT_FOUND', code: 'OK' };
      }),
    });
  }

  function settlementFile(path: string, response: ServerResponse): void {
    const today = new Date().toISOString().slice(0, 10);
    if (gateway.file === 'error') {
      response.statusCode = 500;
      response.end();
      return;
    }
    const lines = gateway.file === 'right' && path.endsWith(today) ? [...books.values()] : [];
    const csv = lines.map(
      (d) => `G-${d.requestNo},${d.requestNo},${d.accountNo},${d.currency},${d.amount},${Date.now()}\n`,
    );
    response.end(
      `gateway_ref,request_no,account_no,currency,amount,settled_at\n${csv.join('')}TRAILER,${lines.length}\n`,
    );
  }

  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  Object.assign(gateway, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  return gateway;
}
