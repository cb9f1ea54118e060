import type { IncomingMessage } from 'node:http';
import { DaybreakError, isDaybreakError, messageOf, SettlementFileError } from '../../../shared/errors.ts';
import type { Runtime } from '../../../shared/runtime/runtime.ts';
import type { SettlementFile, SettlementLine } from '../../downstream/define-downstream.ts';
import { readBody } from './http-gateway-body.ts';
import { type GatewayConnection, reasonOf } from './http-gateway-exchange.ts';
import { readSettlementLines } from './http-gateway-settlement-file.ts';

export interface FetchFileContext {
  readonly connection: GatewayConnection;
  readonly runtime: Runtime;
  /** Bounds the wait for the head and each wait for more bytes, not the whole: a million lines may take their time. */
  readonly timeoutMs: number;
  readonly redact: (text: string) => string;
  readonly signal: AbortSignal;
}

/**
 * Fetches the settlement file of a date, streamed and without a cap. 404 is 'absent'. What shows itself in the head or
 * in the first 1,000 lines makes it 'unusable' at once; what shows itself later is thrown by `lines`. The connection is
 * given back when `lines` has ended, was left early, or the signal aborts: whoever gets lines reads them or aborts.
 */
export async function fetchSettlementFile(date: string, context: FetchFileContext): Promise<SettlementFile> {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) {
    throw new DaybreakError('BAD_INPUT', `settlement file date "${date.slice(0, 20)}": write it as YYYY-MM-DD`);
  }
  const watch = watchExchange(context);
  const request = { method: 'GET', path: `/v1/settlement-files/${date}`, signal: watch.signal } as const;
  const head = await watch.within(context.connection.open(request));
  if (head.kind === 'failed') {
    watch.end();
    return { kind: 'unusable', why: context.redact(head.why) };
  }
  if (head.status !== 200) {
    await watch.within(readBody(head.body, REFUSAL_BYTES_MAX));
    watch.end();
    return head.status === 404 ? { kind: 'absent' } : { kind: 'unusable', why: `HTTP ${head.status}` };
  }
  const lines = linesOf(head.body, watch, context.runtime);
  try {
    return { kind: 'lines', lines: resume(await lines.next(), lines) };
  } catch (error) {
    if (!isDaybreakError(error, 'SETTLEMENT_FILE_UNUSABLE')) throw error;
    return { kind: 'unusable', why: context.redact(error.message) };
  }
}

const REFUSAL_BYTES_MAX = 64 * 1024;
/** A file may be as large as it likes, but one that comes slower than this would keep the night from its end. */
const BYTES_PER_MINUTE_MIN = 64 * 1024;
const MINUTE_MS = 60_000;

interface ExchangeWatch {
  /** Over the whole exchange. */
  readonly signal: AbortSignal;
  /** Waits, and aborts the whole exchange when this one wait is longer than the timeout. */
  within<T>(wait: Promise<T>): Promise<T>;
  /** The exchange is over, or nobody wants the rest of it. */
  end(): void;
}

function watchExchange({ runtime, timeoutMs, signal }: FetchFileContext): ExchangeWatch {
  const exchange = new AbortController();
  const stop = (): void => exchange.abort(signal.reason);
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  return {
    signal: exchange.signal,
    async within(wait) {
      const waiting = new AbortController();
      const watching = runtime.sleep(timeoutMs, waiting.signal).then(
        () => exchange.abort(new Error(`nothing came for ${timeoutMs} ms`)),
        () => undefined,
      );
      try {
        return await wait;
      } finally {
        waiting.abort(new Error('the wait is over'));
        await watching;
      }
    },
    end() {
      signal.removeEventListener('abort', stop);
      exchange.abort(new Error('the settlement file was let go'));
    },
  };
}

async function* linesOf(
  body: IncomingMessage,
  watch: ExchangeWatch,
  runtime: Runtime,
): AsyncGenerator<readonly SettlementLine[]> {
  try {
    yield* readSettlementLines(piecesOf(body, watch, runtime));
  } finally {
    watch.end();
  }
}

async function* piecesOf(body: IncomingMessage, watch: ExchangeWatch, runtime: Runtime): AsyncGenerator<Buffer> {
  const pieces: AsyncIterator<Buffer> = body[Symbol.asyncIterator]();
  // Only the time in which we waited for the gateway counts: ours is none of its doing.
  let minute = { waitedMs: 0, bytes: 0 };
  try {
    for (;;) {
      const sinceMs = runtime.clock.monotonicMs();
      const next = await watch.within(pieces.next());
      if (next.done === true) break;
      minute.waitedMs += runtime.clock.monotonicMs() - sinceMs;
      minute.bytes += next.value.byteLength;
      if (minute.waitedMs >= MINUTE_MS) {
        if (minute.bytes < BYTES_PER_MINUTE_MIN) throw new Error(`only ${minute.bytes} bytes came in a minute`);
        minute = { waitedMs: 0, bytes: 0 };
      }
      yield next.value;
    }
  } catch (error) {
    const why = watch.signal.aborted ? reasonOf(watch.signal) : messageOf(error);
    throw new SettlementFileError(`the settlement file was cut: ${why}`, { cause: error });
  }
  // A file whose length was not announced ends like a whole one when we end the connection.
  if (watch.signal.aborted) throw new SettlementFileError(`the settlement file was cut: ${reasonOf(watch.signal)}`);
}

/** The batch that was read to see the header and the start, then the others. */
async function* resume(
  first: IteratorResult<readonly SettlementLine[]>,
  lines: AsyncGenerator<readonly SettlementLine[]>,
): AsyncGenerator<readonly SettlementLine[]> {
  try {
    if (first.done === true) return;
    yield first.value;
    yield* lines;
  } finally {
    await lines.return(undefined);
  }
}
