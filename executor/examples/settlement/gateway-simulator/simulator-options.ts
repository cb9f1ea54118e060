import { isBusinessDate, isTimeZone } from '../../../../shared/business-date.ts';
import { DaybreakError } from '../../../../shared/errors.ts';
import type { DownstreamCapabilities } from '../../../downstream/define-downstream.ts';
import { readCapabilities } from '../http-gateway-capabilities.ts';
import { checkGatewayKey } from '../http-gateway-key.ts';
import { type Dials, turnDials } from './dials.ts';
import { checkPreset, type Preset, presetDials } from './presets.ts';

export interface GatewaySimulatorOptions {
  /** The file that holds the books; made when it is not there, gone on with when it is. */
  readonly books: string;
  /** What callers must send as `Authorization: Bearer <key>`. */
  readonly key: string;
  /** Where it listens; default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default 'none'. */
  readonly preset?: Preset;
  /** Laid over the preset. */
  readonly dials?: Partial<Dials>;
  /** Laid over the sample's: batches of 100, 200 requests per second, visible after 1 s, keys live a day, void. */
  readonly capabilities?: Partial<DownstreamCapabilities>;
  /** What chance is drawn from; default 1. */
  readonly seed?: number;
  /** Where callbacks go. Without it, the `X-Callback-Url` of the debits counts; without that there are none. */
  readonly callbackUrl?: string;
  /** What callbacks are signed with; default the key. */
  readonly callbackSecret?: string;
  /** Whose calendar the gateway's business dates follow; default UTC. */
  readonly timeZone?: string;
  /** Books everything on this date instead: for a night that is played for another day. */
  readonly businessDate?: string;
  /**
   * 'full': the books are on disk before an answer leaves. 'none': for benchmarks of others, nothing is kept but
   * counters; every debit is answered SUCCESS, every query NOT_FOUND, there is no file, and no dial works.
   */
  readonly durability?: 'full' | 'none';
}

export interface GatewaySimulator {
  /** `http://127.0.0.1:<port>`, whatever it listens on beside loopback. */
  readonly url: string;
  readonly port: number;
  readonly key: string;
  /** The file of the books: `readBooks(simulator.books)`. */
  readonly books: string;
  /** Turns dials while it runs. @throws DaybreakError BAD_OPTION */
  setDials(dials: Partial<Dials>): void;
  /** The gateway's clock. */
  nowMs(): number;
  /** Ends hanging requests, writes the log of arrivals to its end and closes the books. */
  close(): Promise<void>;
}

export const SAMPLE_CAPABILITIES: DownstreamCapabilities = {
  batchMax: 100,
  maxRequestsPerSecond: 200,
  visibilityMs: 1_000,
  keyLifetimeMs: 86_400_000,
  void: true,
};

export interface CheckedOptions {
  readonly books: string;
  readonly key: string;
  readonly host: string;
  readonly port: number;
  readonly dials: Dials;
  readonly capabilities: DownstreamCapabilities;
  readonly seed: number;
  readonly callbackUrl: string | null;
  readonly callbackSecret: string;
  readonly timeZone: string;
  readonly businessDate: string | null;
  readonly durability: 'full' | 'none';
}

/** @throws DaybreakError BAD_OPTION or DOWNSTREAM_CAPABILITIES that names what is wrong. */
export function checkSimulatorOptions(options: GatewaySimulatorOptions): CheckedOptions {
  checkGatewayKey(options.key);
  const { port = 0, seed = 1, businessDate = null, timeZone = 'UTC', durability = 'full' } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw bad('port', 'a number from 0 to 65535 is wanted');
  if (!Number.isSafeInteger(seed)) throw bad('seed', 'a whole number is wanted');
  if (businessDate !== null && !isBusinessDate(businessDate)) throw bad('businessDate', 'write YYYY-MM-DD');
  if (durability !== 'full' && durability !== 'none') throw bad('durability', 'full or none is wanted');
  if (options.books === '' && durability === 'full') throw bad('books', 'a file is wanted');
  checkTimeZone(timeZone);
  return {
    books: options.books,
    key: options.key,
    host: options.host ?? '127.0.0.1',
    port,
    dials: turnDials(presetDials(checkPreset(options.preset ?? 'none')), options.dials ?? {}),
    capabilities: readCapabilities({ ...SAMPLE_CAPABILITIES, ...options.capabilities }),
    seed,
    callbackUrl: options.callbackUrl === undefined ? null : checkCallbackUrl(options.callbackUrl),
    callbackSecret: options.callbackSecret ?? options.key,
    timeZone,
    businessDate,
    durability,
  };
}

/** The simulator calls back on this machine only: a URL that comes with a request is no reason to call anywhere else. */
export function checkCallbackUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol !== 'http:' || !['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname)) {
    throw bad('callbackUrl', 'an http:// URL on loopback is wanted');
  }
  return url.href;
}

function checkTimeZone(timeZone: string): void {
  if (!isTimeZone(timeZone)) throw bad('timeZone', `"${timeZone}" is no time zone`);
}

const bad = (option: string, why: string): DaybreakError =>
  new DaybreakError('BAD_OPTION', `gateway simulator ${option}: ${why}`);
