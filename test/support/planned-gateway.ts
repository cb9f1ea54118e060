import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Entry {
  readonly requestNo: string;
  readonly accountNo: string;
  readonly amount: number;
  readonly currency: string;
  status: 'SUCCESS' | 'FAILED' | 'PROCESSING';
  code: string;
}

/** A gateway over HTTP that does with each debit what the test has planned for it; written against the contract alone. */
export interface PlannedGateway {
  readonly url: string;
  /** By requestNo, in the order in which they came first. */
  readonly books: ReadonlyMap<string, Entry>;
  /** Each debit as it arrived, repeats included. */
  readonly arrivals: readonly string[];
  /** A debit that was answered PROCESSING gets its result. */
  finish(requestNo: string, code: string): void;
  close(): Promise<void>;
}

/** `plan` names the code of a new debit: OK, a refusal, or PROCESSING. */
export async function startPlannedGateway(plan: (requestNo: string) => string): Promise<PlannedGateway> {
  const books = new Map<string, Entry>();
  const arrivals: string[] = [];
  const give = (entry: Entry, code: string): void => {
    entry.status = code === 'OK' ? 'SUCCESS' : code === 'PROCESSING' ? 'PROCESSING' : 'FAILED';
    entry.code = code === 'PROCESSING' ? 'OK' : code;
  };
  const shown = ({ accountNo: _, ...entry }: Entry) => ({ ...entry, gatewayRef: `G-${entry.requestNo}` });

  function debit(asked: Entry) {
    arrivals.push(asked.requestNo);
    const known = books.get(asked.requestNo);
    if (known !== undefined) return shown(known);
    const entry = { ...asked };
    give(entry, plan(asked.requestNo));
    books.set(entry.requestNo, entry);
    return shown(entry);
  }

  function answer(path: string, body: string): unknown {
    if (path === '/v1/capabilities') {
      return { batchMax: 50, maxRequestsPerSecond: 200, visibilityMs: 100, keyLifetimeMs: 86_400_000, void: false };
    }
    if (path.startsWith('/v1/settlement-files/')) return settlementFile(path);
    const { debits, requestNos } = JSON.parse(body) as { debits?: Entry[]; requestNos?: string[] };
    if (path === '/v1/debits') return { results: (debits ?? []).map(debit) };
    const lookUp = (requestNo: string) => {
      const known = books.get(requestNo);
      return known === undefined ? { requestNo, status: 'NOT_FOUND', code: 'NOT_FOUND' } : shown(known);
    };
    return { results: (requestNos ?? []).map(lookUp) };
  }

  function settlementFile(path: string): string {
    const isToday = path.endsWith(new Date().toISOString().slice(0, 10));
    const lines = isToday ? [...books.values()].filter(({ status }) => status === 'SUCCESS') : [];
    const csv = lines.map(
      (one) => `G-${one.requestNo},${one.requestNo},${one.accountNo},${one.currency},${one.amount},1\n`,
    );
    return `gateway_ref,request_no,account_no,currency,amount,settled_at\n${csv.join('')}TRAILER,${lines.length}\n`;
  }

  const server = createServer((request, response) => {
    void textOf(request).then((body) => {
      const answered = answer(request.url ?? '', body);
      response.end(typeof answered === 'string' ? answered : JSON.stringify(answered));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    books,
    arrivals,
    finish(requestNo, code) {
      const entry = books.get(requestNo);
      if (entry?.status !== 'PROCESSING') throw new Error(`${requestNo} is not PROCESSING at the gateway`);
      give(entry, code);
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}
