import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type Booked, type Debit, type Entry, GatewayBooks } from './gateway-books.ts';

/**
 * A gateway that speaks the contract of docs/gateway.md and lies where it is told to. It is written against the
 * contract alone and shares nothing with the system. What it truly did stands in its books, which never lie.
 */
export interface Asked {
  readonly kind: 'capabilities' | 'send' | 'query' | 'void' | 'file' | 'other';
  /** The how manieth request of this kind, from 1. */
  readonly n: number;
  readonly atMs: number;
  readonly debits: readonly Debit[];
  readonly requestNos: readonly string[];
  /** Of a settlement file. */
  readonly date: string;
  readonly socket: Socket;
  readonly callbackUrl: string | null;
}

/** `drop`: the connection is cut without a word. */
export type Refusal = 'drop' | { readonly status: number; readonly headers?: Record<string, string>; body?: string };

export interface Lies {
  readonly capabilities?: Record<string, unknown>;
  /** What becomes of a debit that arrives for the first time; SUCCESS at once when it says nothing. */
  fate?(debit: Debit, gateway: HostileGateway): Fate | undefined;
  /** Answered at once, and nothing is done. */
  refuse?(asked: Asked, gateway: HostileGateway): Refusal | undefined;
  /** Rewrites what the answer says after it was done. */
  say?(asked: Asked, entries: readonly Entry[], gateway: HostileGateway): readonly unknown[];
  /** Writes the answer itself, or never does; true: the usual answer is left out. */
  answer?(asked: Asked, text: string, response: ServerResponse, gateway: HostileGateway): boolean;
  /** The file as text, or a refusal; undefined: as the books have it. */
  file?(asked: Asked, lines: readonly string[], gateway: HostileGateway): string | Refusal | undefined;
  /** After a send was worked on, answered or not: the place to call back from. */
  afterSend?(asked: Asked, gateway: HostileGateway): void;
  /** The gateway's clock minus the machine's. */
  readonly clockMs?: number;
  /** Works the same requestNo anew each time. */
  readonly ignoresKeys?: boolean;
}

export interface Fate {
  readonly status?: 'SUCCESS' | 'FAILED';
  readonly code?: string;
  /** PROCESSING until then; null: for ever, as far as anybody can ask. */
  readonly afterMs?: number | null;
  /** It lies in a queue and nobody can see it; then it arrives. */
  readonly queuedMs?: number;
  /** A query does not see it before. */
  readonly visibleAfterMs?: number;
}

export const GATEWAY_KEY = 'a-key-of-the-hostile-gateway';

export class HostileGateway {
  readonly books: GatewayBooks;
  readonly log: Asked[] = [];
  /** Moments at which this process itself was held up, with the length: what arrives then arrives in a heap. */
  readonly stalls: { readonly atMs: number; readonly ms: number }[] = [];
  /** How many requests were answered 429. */
  limited = 0;
  url = '';
  callbackUrl: string | null = null;
  readonly callbackAnswers: { requestNo: string; signature: string; status: number }[] = [];
  readonly #lies: Lies;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #counts = new Map<string, number>();
  readonly #server;

  constructor(lies: Lies) {
    this.#lies = lies;
    this.books = new GatewayBooks({ ...lies, gateway: this });
    this.#server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        this.later(0, () => {
          throw error;
        });
      });
    });
    this.#server.on('clientError', (_error, socket) => socket.destroy());
    let before = performance.now();
    const beat = setInterval(() => {
      const now = performance.now();
      if (now - before > 60) this.stalls.push({ atMs: Date.now(), ms: now - before });
      before = now;
    }, 20);
    this.#timers.add(beat);
  }

  get nowMs(): number {
    return Date.now() + (this.#lies.clockMs ?? 0);
  }

  get date(): string {
    return new Date(this.nowMs).toISOString().slice(0, 10);
  }

  later(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, ms);
    this.#timers.add(timer);
  }

  async listen(port = 0): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', resolve);
    });
    this.url = `http://127.0.0.1:${this.port}`;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Away: nobody listens at the port, and every connection is cut. */
  async goAway(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    await this.goAway();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    try {
      for await (const part of request) parts.push(part as Buffer);
    } catch {
      // The peer cut its own request: what did not arrive whole was never asked.
      return;
    }
    const asked = this.#read(request, Buffer.concat(parts).toString('utf8'));
    this.log.push(asked);
    if (asked.callbackUrl !== null) this.callbackUrl = asked.callbackUrl;
    response.sendDate = false;
    response.setHeader('date', new Date(this.nowMs).toUTCString());
    const refusal =
      request.headers.authorization === `Bearer ${GATEWAY_KEY}`
        ? this.#lies.refuse?.(asked, this)
        : { status: 401, body: '{}' };
    if (typeof refusal === 'object' && refusal.status === 429) this.limited += 1;
    if (refusal !== undefined) {
      refuse(response, refusal);
      return;
    }
    if (asked.kind === 'file') {
      this.#sendFile(asked, response);
      return;
    }
    const text = JSON.stringify(this.#work(asked));
    if (this.#lies.answer?.(asked, text, response, this) !== true) {
      response.setHeader('content-type', 'application/json');
      response.end(text);
    }
    if (asked.kind === 'send') this.#lies.afterSend?.(asked, this);
  }

  #work(asked: Asked): unknown {
    if (asked.kind === 'capabilities') {
      return {
        batchMax: 10,
        maxRequestsPerSecond: 40,
        visibilityMs: 800,
        keyLifetimeMs: 86_400_000,
        void: true,
        ...this.#lies.capabilities,
      };
    }
    const entries =
      asked.kind === 'send'
        ? asked.debits.map((debit) => this.books.debit(debit))
        : asked.requestNos.map((no) => (asked.kind === 'query' ? this.books.query(no) : this.books.void(no)));
    return { results: this.#lies.say?.(asked, entries, this) ?? entries };
  }

  #sendFile(asked: Asked, response: ServerResponse): void {
    const lines = this.books.settlementLines(asked.date);
    const told = this.#lies.file?.(asked, lines, this);
    if (told !== undefined && typeof told !== 'string') {
      refuse(response, told);
      return;
    }
    const text = told ?? fileOf(lines);
    if (this.#lies.answer?.(asked, text, response, this) !== true) response.end(text);
  }

  #read(request: IncomingMessage, text: string): Asked {
    const path = request.url ?? '';
    const kind = kindOf(path);
    const n = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, n);
    const body = text === '' ? {} : (JSON.parse(text) as { debits?: Debit[]; requestNos?: string[] });
    const callbackUrl = request.headers['x-callback-url'];
    return {
      kind,
      n,
      atMs: Date.now(),
      debits: body.debits ?? [],
      requestNos: body.requestNos ?? [],
      date: kind === 'file' ? path.slice(-10) : '',
      socket: request.socket,
      callbackUrl: typeof callbackUrl === 'string' ? callbackUrl : null,
    };
  }
}

function kindOf(path: string): Asked['kind'] {
  if (path === '/v1/capabilities') return 'capabilities';
  if (path === '/v1/debits') return 'send';
  if (path === '/v1/debits/query') return 'query';
  if (path === '/v1/debits/void') return 'void';
  return path.startsWith('/v1/settlement-files/') ? 'file' : 'other';
}

function refuse(response: ServerResponse, refusal: Refusal): void {
  if (refusal === 'drop') {
    response.socket?.destroy();
    return;
  }
  response.writeHead(refusal.status, refusal.headers);
  response.end(refusal.body ?? '');
}

export const FILE_HEADER = 'gateway_ref,request_no,account_no,currency,amount,settled_at';
export const fileOf = (lines: readonly string[], trailer: number | string = lines.length): string =>
  [FILE_HEADER, ...lines, `TRAILER,${trailer}`].map((line) => `${line}\n`).join('');

export type { Booked, Debit, Entry };
