import { DaybreakError } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/logger.ts';
import type { Runtime } from '../../../shared/runtime/runtime.ts';
import {
  type Debit,
  type Downstream,
  type DownstreamCapabilities,
  defineDownstream,
  type Exchange,
} from '../../downstream/define-downstream.ts';
import { type ReadAnswer, readEntries, readObject } from './http-gateway-answers.ts';
import { readBody } from './http-gateway-body.ts';
import { readCapabilities } from './http-gateway-capabilities.ts';
import { createGatewayConnection, type GatewayHead, type GatewayRequest, reasonOf } from './http-gateway-exchange.ts';
import { fetchSettlementFile } from './http-gateway-file.ts';
import { checkGatewayKey, keyRedaction } from './http-gateway-key.ts';
import { retryAfterMsOf } from './http-gateway-retry-after.ts';
import { parseGatewayUrl } from './http-gateway-url.ts';

export interface GatewayDownstreamOptions {
  /** Default 'gateway'. */
  readonly name?: string;
  /** Where the gateway is, `http://` or `https://`; a path is a prefix of every call's path. */
  readonly url: string;
  /** Sent as `Authorization: Bearer <key>` and shown nowhere. */
  readonly key: string;
  /** What a night remembers the gateway by. Default: scheme, host and port of `url`. */
  readonly origin?: string;
  /** Told to the gateway with every debit, as the header `X-Callback-Url`. */
  readonly callbackUrl?: string;
  readonly runtime: Runtime;
  readonly logger: Logger;
  /** How long one exchange may last, from the first attempt to connect to the last byte of the answer. */
  readonly timeoutMs: number;
  /** Connections to the gateway at most; default 32. */
  readonly socketsMax?: number;
  /** Certificates to trust instead of the machine's own, as PEM. */
  readonly ca?: string | Buffer;
  /** What the settling transactions call: see `Downstream`. */
  readonly hooks?: Omit<Downstream, 'name' | 'origin' | 'capabilities' | 'send' | 'query' | 'void' | 'file'>;
}

export interface GatewayDownstream extends Downstream {
  readonly void: NonNullable<Downstream['void']>;
  readonly file: NonNullable<Downstream['file']>;
  /** Closes the connections; exchanges that are under way end unclear. */
  close(): void;
}

type GatewayCall = Omit<GatewayRequest, 'signal'>;

/** An answer larger than this is not read to its end: a batch of 500 is about 100 kB. */
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;
/** How much of an answer that is no 200 is kept as evidence. */
const REFUSAL_BYTES_MAX = 64 * 1024;

/**
 * The payment gateway of docs/gateway.md as a downstream. It does one exchange per call and never a second one by
 * itself, and it tells apart what the money protocol has to know: that nothing left this machine (`not_sent`), that
 * our credentials are refused, that there is an answer, and everything else, which is unclear.
 *
 * @throws DaybreakError BAD_OPTION for a URL, key or timeout that cannot be.
 * @example
 * const gateway = createGatewayDownstream({ url: 'https://pay.example', key, runtime, logger, timeoutMs: 10_000 });
 * const answer = await gateway.send([{ requestNo, accountNo, amount: 1250, currency: 'CNY', expireAt }], signal);
 * if (answer.kind === 'answered') judge(answer.value);
 */
export function createGatewayDownstream(options: GatewayDownstreamOptions): GatewayDownstream {
  const { runtime, timeoutMs } = options;
  const base = parseGatewayUrl(options.url);
  checkGatewayKey(options.key);
  if (!Number.isSafeInteger(timeoutMs) || timeoutMs < 1) {
    throw new DaybreakError('BAD_OPTION', `gateway timeout ${timeoutMs}: give whole milliseconds, at least 1`);
  }
  const name = options.name ?? 'gateway';
  if (options.callbackUrl !== undefined && !/^https?:\/\/[\x21-\x7e]+$/.test(options.callbackUrl)) {
    throw new DaybreakError('BAD_OPTION', 'the callback URL cannot be used: write http://host:port/path');
  }
  const logger = options.logger.child({ downstream: name });
  const redact = keyRedaction(options.key);
  const connection = createGatewayConnection({
    base,
    key: options.key,
    socketsMax: options.socketsMax ?? 32,
    ...(options.ca !== undefined && { ca: options.ca }),
  });
  const debitHeaders = options.callbackUrl === undefined ? {} : { 'x-callback-url': options.callbackUrl };

  async function exchange<T>(
    call: GatewayCall,
    parent: AbortSignal,
    read: (text: string) => ReadAnswer<T>,
  ): Promise<Exchange<T>> {
    const signal = runtime.deadline(timeoutMs, parent);
    const result = await perform(call, signal, read);
    if (result.kind !== 'answered') {
      // Whoever asked decides what it means and says it louder.
      logger.debug({ path: call.path, kind: result.kind, status: result.status, why: result.why }, 'gateway exchange');
    }
    return result;
  }

  async function perform<T>(
    call: GatewayCall,
    signal: AbortSignal,
    read: (text: string) => ReadAnswer<T>,
  ): Promise<Exchange<T>> {
    const head = await connection.open({ ...call, signal });
    if (head.kind === 'failed') {
      const why = redact(head.why);
      if (head.certificate) return { kind: 'credentials', why, status: null, raw: '' };
      return head.bytesMayHaveLeft
        ? { kind: 'unclear', why, status: null, raw: '' }
        : { kind: 'not_sent', why, retryAfterMs: null, status: null, raw: '' };
    }
    if (head.status !== 200) return refusalOf(head);
    const body = await readBody(head.body, ANSWER_BYTES_MAX);
    const raw = redact(body.text);
    // A body whose length was not announced ends like a whole one when we end the connection.
    if (signal.aborted) return { kind: 'unclear', why: `no whole answer: ${reasonOf(signal)}`, status: 200, raw };
    if (body.kind === 'cut') return { kind: 'unclear', why: redact(body.why), status: 200, raw };
    const answer = read(body.text);
    if (!answer.ok) return { kind: 'unclear', why: redact(answer.why), status: 200, raw };
    return { kind: 'answered', value: answer.value, raw, dateMs: dateMsOf(head) };
  }

  /** The status alone decides: a body that is cut or large changes nothing about what a 429 or a 401 means. */
  async function refusalOf<T>(head: GatewayHead): Promise<Exchange<T>> {
    const { status } = head;
    const raw = redact((await readBody(head.body, REFUSAL_BYTES_MAX)).text.slice(0, REFUSAL_BYTES_MAX));
    const why = `HTTP ${status}`;
    if (status === 429) {
      const nowMs = dateMsOf(head) ?? runtime.clock.wallMs();
      return { kind: 'not_sent', why, retryAfterMs: retryAfterMsOf(head.headers['retry-after'], nowMs), status, raw };
    }
    if (status === 401 || status === 403) return { kind: 'credentials', why, status, raw };
    return { kind: 'unclear', why, status, raw };
  }

  const post = (path: string, body: object, signal: AbortSignal, headers: Readonly<Record<string, string>> = {}) =>
    exchange({ method: 'POST', path, body: JSON.stringify(body), headers }, signal, readEntries);

  return Object.freeze({
    ...defineDownstream({
      ...options.hooks,
      name,
      origin: options.origin ?? base.origin,
      async capabilities(signal: AbortSignal): Promise<Exchange<DownstreamCapabilities>> {
        const answer = await exchange({ method: 'GET', path: '/v1/capabilities' }, signal, readObject);
        return answer.kind === 'answered' ? { ...answer, value: readCapabilities(answer.value) } : answer;
      },
      send: (debits, signal) => post('/v1/debits', { debits: debits.map(debitBody) }, signal, debitHeaders),
      query: (requestNos, signal) => post('/v1/debits/query', { requestNos }, signal),
    }),
    void: (requestNos: readonly string[], signal: AbortSignal) => post('/v1/debits/void', { requestNos }, signal),
    file: (date: string, signal: AbortSignal) =>
      fetchSettlementFile(date, { connection, runtime, timeoutMs, redact, signal }),
    close: () => connection.close(),
  });
}

/** The five values of the contract and no others, whatever else the object carries. */
const debitBody = ({ requestNo, accountNo, amount, currency, expireAt }: Debit): Debit => ({
  requestNo,
  accountNo,
  amount,
  currency,
  expireAt,
});

function dateMsOf(head: GatewayHead): number | null {
  const ms = Date.parse(head.headers.date ?? '');
  return Number.isNaN(ms) ? null : ms;
}
