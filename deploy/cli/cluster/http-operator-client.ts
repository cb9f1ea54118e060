import axios, { type AxiosRequestConfig, type AxiosResponse } from 'axios';
import { DaybreakError, ERRORS, type ErrorCode, messageOf } from '../../../shared/errors.ts';
import {
  createSigningPeer,
  exchangeSigned,
  type RawAnswer,
  type SigningPeer,
} from '../../../shared/protocol/signing-peer.ts';
import { TOKEN_HEADER } from '../../../shared/protocol/wire.ts';
import { ANSWER_HEADER, deriveWireKey, SIGNATURE_HEADER } from '../../../shared/protocol/wire-signature.ts';
import type { Runtime } from '../../../shared/runtime/runtime.ts';
import { protocolHint } from './why-no-scheduler.ts';

/** What operators ask of a cluster over HTTP. */
export interface OperatorClient {
  /**
   * Asks the schedulers in turn, beginning with the one that answered last, until one has answered. Throws what it answered, with
   * its code, SCHEDULER_UNREACHABLE when none answers, and UNAUTHORIZED when it does not take the token.
   */
  ask<T>(verb: string, body: object, signal?: AbortSignal): Promise<T>;
  /** Whether any of them answers at all. Throws SCHEDULER_UNREACHABLE. */
  reach(signal?: AbortSignal): Promise<void>;
}

export interface OperatorClientOptions {
  readonly schedulers: readonly string[];
  readonly accessToken: string;
  readonly runtime: Pick<Runtime, 'clock' | 'random'>;
  /** Default 10,000 ms for one request. */
  readonly timeoutMs?: number;
}

interface Peer {
  readonly root: string;
  readonly signing: SigningPeer;
}

export function createOperatorClient(options: OperatorClientOptions): OperatorClient {
  const { runtime, accessToken, timeoutMs = 10_000 } = options;
  const key = deriveWireKey(accessToken);
  const peers: Peer[] = options.schedulers.map((root) => ({
    root: root.replace(/\/+$/, ''),
    signing: createSigningPeer({ direction: 'to-scheduler', runtime }),
  }));
  let first = 0;

  async function eachUntil<T>(signal: AbortSignal | undefined, once: (peer: Peer) => Promise<T>): Promise<T> {
    const silent: string[] = [];
    for (let step = 0; step < peers.length; step++) {
      const index = (first + step) % peers.length;
      const peer = peers[index] as Peer;
      try {
        const answer = await once(peer);
        first = index;
        return answer;
      } catch (error) {
        // A scheduler whose database is away cannot answer just now: the next one, or a later question, may be luckier.
        if (error instanceof DaybreakError && !error.retryable) throw error;
        signal?.throwIfAborted();
        silent.push(`${peer.root}: ${whyOf(error)}`);
      }
    }
    throw new DaybreakError('SCHEDULER_UNREACHABLE', `no scheduler answers (${silent.join('; ')})`);
  }

  // Axios and not fetch, which refuses some ports that a scheduler may well have.
  const http = axios.create({
    adapter: 'http',
    // The token would follow a redirect to an address that nobody named, and a proxy from the environment would see it.
    maxRedirects: 0,
    proxy: false,
    responseType: 'text',
    transformResponse: [(text: string) => text],
    validateStatus: () => true,
    maxContentLength: 32 * 1_048_576,
  });

  async function send(
    url: string,
    init: Pick<AxiosRequestConfig<string>, 'method' | 'data' | 'headers'>,
    signal: AbortSignal | undefined,
  ): Promise<AxiosResponse<string>> {
    const limit = AbortSignal.timeout(timeoutMs);
    return http.request({ ...init, url, signal: signal === undefined ? limit : AbortSignal.any([signal, limit]) });
  }

  return {
    ask: <T>(verb: string, body: object, signal?: AbortSignal) =>
      eachUntil(signal, async ({ root, signing }) => {
        const path = `/api/operator/${verb}`;
        const text = JSON.stringify(body);
        const answer = await exchangeSigned(signing, key, { path, body: text }, async (signature, withToken) => {
          const headers = {
            'content-type': 'application/json',
            [SIGNATURE_HEADER]: signature,
            ...(withToken ? { [TOKEN_HEADER]: accessToken } : {}),
          };
          return rawAnswer(await send(`${root}${path}`, { method: 'POST', data: text, headers }, signal));
        });
        return dataOf<T>(root, answer);
      }),
    reach: (signal) =>
      eachUntil(signal, async ({ root }) => {
        await send(`${root}/health/live`, { method: 'GET' }, signal);
      }),
  };
}

function rawAnswer({ status, data, headers }: AxiosResponse<string>): RawAnswer {
  const signature = headers[ANSWER_HEADER];
  return { status, text: data, signature: typeof signature === 'string' ? signature : undefined };
}

function dataOf<T>(root: string, { status, text }: RawAnswer): T {
  let envelope: { code?: unknown; msg?: unknown; data?: unknown };
  try {
    envelope = JSON.parse(text) as typeof envelope;
  } catch (cause) {
    throw new Error(`HTTP ${status}, and no JSON`, { cause });
  }
  if (status !== 200 || typeof envelope.code !== 'number')
    throw new Error(`HTTP ${status}, and no answer of a scheduler`);
  if (envelope.code === 200) return envelope.data as T;
  const message = typeof envelope.msg === 'string' ? envelope.msg : 'refused';
  const { error } = (envelope.data ?? {}) as { error?: string };
  if (error !== undefined && Object.hasOwn(ERRORS, error)) throw new DaybreakError(error as ErrorCode, message);
  // What failed on its side, before it could say whether we may ask, is no refusal.
  if (message.startsWith(INVOKE_ERROR)) throw new Error(message);
  throw new DaybreakError(
    'UNAUTHORIZED',
    `the scheduler at ${root} refuses: ${message} (is it the access token of its --access-token-file?)`,
  );
}

const INVOKE_ERROR = 'openapi invoke error:';

/** Never the error itself: it carries the headers of the request, and with them the token. */
function whyOf(error: unknown): string {
  if (axios.isCancel(error)) return 'no whole answer in time';
  if (axios.isAxiosError(error)) {
    const hint = protocolHint(error.code ?? '');
    return `${error.code ?? 'the request failed'}${hint === '' ? '' : `, ${hint}`}`;
  }
  return messageOf(error);
}
