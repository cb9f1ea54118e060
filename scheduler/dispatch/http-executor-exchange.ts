import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { LookupFunction } from 'node:net';
import axios, { type AxiosResponse } from 'axios';
import {
  AnswerNotSignedError,
  createSigningPeer,
  exchangeSigned,
  type RawAnswer,
  type SigningPeer,
} from '../../shared/protocol/signing-peer.ts';
import { APPNAME_HEADER, TOKEN_HEADER } from '../../shared/protocol/wire.ts';
import { ANSWER_HEADER, deriveWireKey, SIGNATURE_HEADER, type WireKey } from '../../shared/protocol/wire-signature.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';

/** One POST to one executor with one token. */
export interface ExecutorQuestion {
  readonly address: string;
  /** Without its slash: `run`. */
  readonly path: string;
  /** JSON text; '' sends none. */
  readonly body: string;
  readonly token: string;
  readonly appName: string;
  readonly signs: boolean;
  readonly timeoutMs: number;
  readonly answerBytesMax: number;
}

export interface ExecutorExchange {
  /** `instance`: the process that signed the answer, or null. */
  post(question: ExecutorQuestion): Promise<{ readonly text: string; readonly instance: string | null }>;
  close(): void;
}

const BODY_BYTES_MAX = 5 * 1_048_576;
const PEERS_MAX = 10_000;
/** Executors of xxl-job close a connection that was idle for 90 s; ours goes first, so that no request meets the end. */
const IDLE_SOCKET_MS = 60_000;

/**
 * The one axios instance for all executor calls. Its defaults follow redirects (with our token), obey the
 * environment's proxy, wait for ever and read without end: all of that is off.
 */
export function createExecutorExchange(options: {
  readonly lookup: LookupFunction;
  /** Without it nothing is signed. */
  readonly runtime: Pick<Runtime, 'clock' | 'random'> | null;
}): ExecutorExchange {
  const agentOptions = { keepAlive: true, maxSockets: 32, timeout: IDLE_SOCKET_MS, lookup: options.lookup };
  const agents = { http: new HttpAgent(agentOptions), https: new HttpsAgent(agentOptions) };
  const http = axios.create({
    httpAgent: agents.http,
    httpsAgent: agents.https,
    maxRedirects: 0,
    proxy: false,
    decompress: false,
    allowAbsoluteUrls: false,
    maxBodyLength: BODY_BYTES_MAX,
    responseType: 'text',
    transformRequest: (body: unknown) => body,
    transformResponse: (body: unknown) => body,
    validateStatus: (status) => status === 200,
    headers: { 'content-type': 'application/json;charset=UTF-8', 'accept-encoding': 'identity' },
  });
  const peers = new Map<string, SigningPeer>();
  const keys = new Map<string, WireKey>();

  async function send(question: ExecutorQuestion, headers: Record<string, string>): Promise<RawAnswer> {
    const { address, path, body, timeoutMs, answerBytesMax } = question;
    // `timeout` ends a silent answer, the signal one that trickles: together the whole exchange is bounded.
    const response: AxiosResponse<string> = await http.post(path, body, {
      baseURL: address,
      timeout: timeoutMs,
      signal: AbortSignal.timeout(timeoutMs),
      maxContentLength: answerBytesMax,
      headers: { ...headers, [APPNAME_HEADER]: question.appName },
    });
    const signature = response.headers[ANSWER_HEADER];
    return {
      status: response.status,
      text: response.data,
      signature: typeof signature === 'string' ? signature : undefined,
    };
  }

  function peerAt(address: string, runtime: Pick<Runtime, 'clock' | 'random'>): SigningPeer {
    const known = peers.get(address);
    if (known !== undefined) return known;
    // Told by its own registration that it signs: the token is not sent to it, not even once.
    const peer = createSigningPeer({ direction: 'to-executor', runtime, signs: true });
    const [oldest] = peers.keys();
    if (peers.size >= PEERS_MAX && oldest !== undefined) peers.delete(oldest);
    peers.set(address, peer);
    return peer;
  }

  function keyOf(token: string): WireKey {
    const key = keys.get(token) ?? deriveWireKey(token);
    if (keys.size >= PEERS_MAX) keys.clear();
    keys.set(token, key);
    return key;
  }

  return {
    async post(question) {
      const { runtime } = options;
      if (!question.signs || runtime === null) {
        peers.delete(question.address);
        return { text: (await send(question, { [TOKEN_HEADER]: question.token })).text, instance: null };
      }
      const peer = peerAt(question.address, runtime);
      const request = { path: `/${question.path}`, body: question.body };
      const answer = await exchangeSigned(peer, keyOf(question.token), request, (signature) =>
        send(question, { [SIGNATURE_HEADER]: signature }),
      );
      if (!answer.signed) throw new AnswerNotSignedError(`the answer to ${question.path} is not signed`);
      return { text: answer.text, instance: peer.instance };
    },
    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}
