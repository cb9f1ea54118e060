import type { Runtime } from '../runtime/runtime.ts';
import {
  answerMac,
  hashOf,
  NOBODY_YET,
  readAnswerSignature,
  requestMac,
  SIGN_AGAIN,
  sameMac,
  type WireDirection,
  type WireKey,
  writeRequestSignature,
} from './wire-signature.ts';

/** The sending side towards one peer: signs what is sent, judges what comes back, learns the peer's process and clock. */
export interface SigningPeer {
  /** Whether an answer of it was signed. From then on the token is not sent to it, and no unsigned answer believed. */
  readonly signs: boolean;
  /** The process that answered last, when that was signed. */
  readonly instance: string | null;
  sign(key: WireKey, request: SignedRequest): { readonly header: string; readonly nonce: string };
  /** signed: from a holder of the key, to this very request. */
  judgeAnswer(key: WireKey, answer: ReceivedAnswer): 'signed' | 'unsigned' | 'forged';
}

export interface SignedRequest {
  readonly path: string;
  readonly body: string;
}

export interface ReceivedAnswer {
  readonly path: string;
  readonly nonce: string;
  readonly header: string | undefined;
  readonly body: string;
}

export function createSigningPeer(options: {
  readonly direction: WireDirection;
  readonly runtime: Pick<Runtime, 'clock' | 'random'>;
  /** It is known to sign, from an earlier process of ours. */
  readonly signs?: boolean;
}): SigningPeer {
  const { direction, runtime } = options;
  let signs = options.signs ?? false;
  let instance: string | null = null;
  // The peer's clock, as it told it, against our monotonic one.
  let offsetMs = 0;

  return {
    get signs() {
      return signs;
    },
    get instance() {
      return instance;
    },
    sign(key, { path, body }) {
      const signed = {
        keyId: key.id,
        audience: instance ?? NOBODY_YET,
        atMs: Math.max(0, Math.round(runtime.clock.monotonicMs() + offsetMs)),
        nonce: runtime.random.secretHex(16),
        bodyHash: hashOf(body),
      };
      const mac = requestMac(key, { direction, method: 'POST', path }, signed);
      return { header: writeRequestSignature({ ...signed, mac }), nonce: signed.nonce };
    },
    judgeAnswer(key, { path, nonce, header, body }) {
      if (header === undefined) return 'unsigned';
      const told = readAnswerSignature(header);
      if (told === null || !sameMac(answerMac(key, { direction, path, nonce, body }, told), told.mac)) return 'forged';
      signs = true;
      instance = told.instance;
      offsetMs = told.atMs - runtime.clock.monotonicMs();
      return 'signed';
    },
  };
}

/** What one POST brought, whatever carried it. */
export interface RawAnswer {
  readonly status: number;
  readonly text: string;
  /** The value of ANSWER_HEADER. */
  readonly signature: string | undefined;
}

/** The answer of a peer that signs came without a signature, or with one that its token did not make. */
export class AnswerNotSignedError extends Error {}

// Only the answer itself, not a log page that quotes it.
const ASKS_AGAIN = `{"code":500,"msg":"${SIGN_AGAIN}"`;

/**
 * One request to a peer, signed. The first to a new process of the peer is answered SIGN_AGAIN and repeated at once.
 * @param post gets the signature and whether the token has to go with it; the caller's own errors go through.
 */
export async function exchangeSigned(
  peer: SigningPeer,
  key: WireKey,
  request: SignedRequest,
  post: (signature: string, withToken: boolean) => Promise<RawAnswer>,
): Promise<RawAnswer & { readonly signed: boolean }> {
  const { path, body } = request;
  for (let again = false; ; again = true) {
    const { header, nonce } = peer.sign(key, { path, body });
    const knownToSign = peer.signs;
    const answer = await post(header, !knownToSign);
    const verdict = peer.judgeAnswer(key, { path, nonce, header: answer.signature, body: answer.text });
    if (verdict === 'forged' || (verdict === 'unsigned' && knownToSign)) {
      throw new AnswerNotSignedError(
        `the answer to ${path} is ${verdict === 'forged' ? 'signed with another token' : 'not signed'}, though its sender signs`,
      );
    }
    // Believed only when signed: it certainly did nothing with the request.
    const askedAgain = verdict === 'signed' && !again && answer.text.startsWith(ASKS_AGAIN);
    if (!askedAgain) return { ...answer, signed: verdict === 'signed' };
  }
}
