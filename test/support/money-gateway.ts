import type {
  AnswerEntry,
  Debit,
  Downstream,
  DownstreamCapabilities,
  Exchange,
  SettlementFile,
} from '../../executor/downstream/define-downstream.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';

/** One debit in the scripted gateway's own books: what is true, whatever the gateway says. */
export interface Booked {
  readonly debit: Debit;
  readonly arrivedAtMs: number[];
  outcome: 'SUCCESS' | 'FAILED' | 'PROCESSING' | 'VOIDED';
  code: string;
  readonly ref: string;
  /** How often money moved under this key: anything above 1 is a disaster. */
  executions: number;
}

export interface Request {
  readonly kind: 'capabilities' | 'send' | 'query' | 'void' | 'file';
  readonly atMs: number;
  readonly requestNos: readonly string[];
}

export type Answer = Exchange<readonly AnswerEntry[]>;
type OnSend = (debits: readonly Debit[], signal: AbortSignal) => Answer | Promise<Answer>;
type OnAsk = (requestNos: readonly string[], signal: AbortSignal) => Answer | Promise<Answer>;

/**
 * A downstream in memory with books of its own. Each `sends` / `queries` / `voids` entry answers one request, in
 * order; after the last, `send` / `query` / `void` answer as the books say. Nothing in it is shared with the system.
 */
export class ScriptedGateway {
  readonly books = new Map<string, Booked>();
  readonly requests: Request[] = [];
  readonly sends: OnSend[] = [];
  readonly queries: OnAsk[] = [];
  readonly voids: OnAsk[] = [];
  readonly lines: {
    date: string;
    text: { gatewayRef: string; requestNo: string; accountNo: string; currency: string; amount: string };
  }[] = [];
  /** What a debit becomes when it is executed; default SUCCESS. */
  fate: (debit: Debit) => { outcome: Booked['outcome']; code: string } = () => ({ outcome: 'SUCCESS', code: 'OK' });
  capabilities: DownstreamCapabilities;
  onCapabilities: (() => Exchange<DownstreamCapabilities>) | null = null;
  /** Answers to capabilities, one each, before the lasting ones. */
  readonly capabilityAnswers: (() => Exchange<DownstreamCapabilities> | Promise<Exchange<DownstreamCapabilities>>)[] =
    [];
  /** The gateway's clock minus ours. */
  clockOffsetMs = 0;
  latencyMs = 1;
  inFlight = 0;
  readonly #runtime: Runtime;
  #refs = 0;

  constructor(runtime: Runtime, capabilities: Partial<DownstreamCapabilities> = {}) {
    this.#runtime = runtime;
    this.capabilities = {
      batchMax: 100,
      maxRequestsPerSecond: 200,
      visibilityMs: 20_000,
      keyLifetimeMs: 86_400_000,
      void: true,
      ...capabilities,
    };
  }

  nowMs(): number {
    return this.#runtime.clock.wallMs() + this.clockOffsetMs;
  }

  downstream(hooks: Partial<Downstream> = {}): Downstream {
    return {
      name: 'gateway',
      origin: 'simulator',
      capabilities: async () => {
        this.#note('capabilities', []);
        const scripted = this.capabilityAnswers.shift();
        if (scripted) return scripted();
        return { kind: 'answered', value: this.capabilities, raw: '{}', dateMs: this.#date() };
      },
      send: (debits, signal) =>
        this.#exchange(
          'send',
          debits.map((d) => d.requestNo),
          signal,
          () => {
            const scripted = this.sends.shift();
            return scripted ? scripted(debits, signal) : this.send(debits);
          },
        ),
      query: (requestNos, signal) =>
        this.#exchange('query', requestNos, signal, () => {
          const scripted = this.queries.shift();
          return scripted ? scripted(requestNos, signal) : this.query(requestNos);
        }),
      ...(this.capabilities.void
        ? {
            void: (requestNos: readonly string[], signal: AbortSignal) =>
              this.#exchange('void', requestNos, signal, () => {
                const scripted = this.voids.shift();
                return scripted ? scripted(requestNos, signal) : this.void(requestNos);
              }),
          }
        : {}),
      file: async (date): Promise<SettlementFile> => {
        this.#note('file', [date]);
        const lines = this.lines.filter((line) => line.date === date).map(({ text }) => ({ ...text, settledAt: '1' }));
        if (lines.length === 0) return { kind: 'absent' };
        return {
          kind: 'lines',
          lines: (async function* () {
            yield lines;
          })(),
        };
      },
      ...hooks,
    };
  }

  /** The honest answer to a send: executes what is new and not expired. */
  send(debits: readonly Debit[]): Answer {
    return this.answered(debits.map((debit) => this.execute(debit)));
  }

  execute(debit: Debit): AnswerEntry {
    const known = this.books.get(debit.requestNo);
    if (known) {
      known.arrivedAtMs.push(this.nowMs());
      if (JSON.stringify(known.debit) !== JSON.stringify(debit))
        return this.entry(known, 'FAILED', 'DUPLICATE_MISMATCH');
      return this.entry(known);
    }
    if (this.nowMs() > debit.expireAt) {
      return {
        requestNo: debit.requestNo,
        status: 'FAILED',
        code: 'EXPIRED',
        amount: debit.amount,
        currency: debit.currency,
      };
    }
    const fate = this.fate(debit);
    const booked: Booked = {
      debit,
      arrivedAtMs: [this.nowMs()],
      ...fate,
      ref: `G${++this.#refs}`,
      executions: fate.outcome === 'SUCCESS' ? 1 : 0,
    };
    this.books.set(debit.requestNo, booked);
    return this.entry(booked);
  }

  query(requestNos: readonly string[]): Answer {
    return this.answered(requestNos.map((requestNo) => this.lookUp(requestNo)));
  }

  lookUp(requestNo: string): AnswerEntry {
    const known = this.books.get(requestNo);
    return known ? this.entry(known) : { requestNo, status: 'NOT_FOUND', code: 'NOT_FOUND' };
  }

  void(requestNos: readonly string[]): Answer {
    return this.answered(
      requestNos.map((requestNo) => {
        const known = this.books.get(requestNo);
        if (known && known.outcome !== 'VOIDED') return this.entry(known);
        const debit: Debit = { requestNo, accountNo: '', amount: 0, currency: '', expireAt: 0 };
        if (!known)
          this.books.set(requestNo, {
            debit,
            arrivedAtMs: [],
            outcome: 'VOIDED',
            code: 'VOIDED',
            ref: '',
            executions: 0,
          });
        return { requestNo, status: 'VOIDED', code: 'VOIDED' };
      }),
    );
  }

  /** A debit that was accepted gets its final result. */
  finish(
    requestNo: string,
    outcome: 'SUCCESS' | 'FAILED',
    code = outcome === 'SUCCESS' ? 'OK' : 'INSUFFICIENT_FUNDS',
  ): Booked {
    const booked = this.books.get(requestNo);
    if (!booked) throw new Error(`the gateway does not know ${requestNo}`);
    booked.outcome = outcome;
    booked.code = code;
    if (outcome === 'SUCCESS') booked.executions += 1;
    return booked;
  }

  entry(booked: Booked, status: string = booked.outcome, code: string = booked.code): AnswerEntry {
    const { requestNo, amount, currency } = booked.debit;
    if (status === 'VOIDED') return { requestNo, status, code: 'VOIDED' };
    return { requestNo, status, code, message: '', gatewayRef: booked.ref, amount, currency };
  }

  answered(value: readonly AnswerEntry[]): Answer {
    return { kind: 'answered', value, raw: JSON.stringify(value), dateMs: this.#date() };
  }

  of(kind: Request['kind']): Request[] {
    return this.requests.filter((request) => request.kind === kind);
  }

  /** The instants at which this requestNo was put on the wire. */
  sendsOf(requestNo: string): number[] {
    return this.of('send')
      .filter((request) => request.requestNos.includes(requestNo))
      .map(({ atMs }) => atMs);
  }

  #date(): number {
    return Math.floor(this.nowMs() / 1_000) * 1_000;
  }

  #note(kind: Request['kind'], requestNos: readonly string[]): void {
    this.requests.push({ kind, requestNos, atMs: this.#runtime.clock.monotonicMs() });
  }

  async #exchange(
    kind: Request['kind'],
    requestNos: readonly string[],
    signal: AbortSignal,
    body: () => Answer | Promise<Answer>,
  ): Promise<Answer> {
    this.#note(kind, requestNos);
    this.inFlight += 1;
    try {
      const answer = await body();
      if (this.latencyMs > 0) await this.#runtime.sleep(this.latencyMs, signal);
      return answer;
    } finally {
      this.inFlight -= 1;
    }
  }
}

export const timedOut = (): Answer => ({ kind: 'unclear', why: 'timeout', status: null, raw: '' });
export const serverError = (status = 503): Answer => ({ kind: 'unclear', why: `HTTP ${status}`, status, raw: 'oops' });
export const refusedConnection = (): Answer => ({
  kind: 'not_sent',
  why: 'ECONNREFUSED',
  retryAfterMs: null,
  raw: '',
  status: null,
});
export const throttled = (retryAfterMs: number | null): Answer => ({
  kind: 'not_sent',
  why: 'HTTP 429',
  retryAfterMs,
  raw: '',
  status: 429,
});
export const badCredentials = (): Answer => ({ kind: 'credentials', why: 'HTTP 401', status: 401, raw: '' });
