import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { createSignatureJudge } from '../../shared/protocol/signature-judge.ts';
import { APPNAME_HEADER, TOKEN_HEADER } from '../../shared/protocol/wire.ts';
import {
  deriveWireKey,
  readRequestSignature,
  SIGN_AGAIN,
  SIGNATURE_HEADER,
  type WireKey,
} from '../../shared/protocol/wire-signature.ts';
import type { Clock } from '../../shared/runtime/runtime.ts';
import type { SignatureTrust } from './signature-trust.ts';

export interface GuardedRequest {
  readonly method: string;
  /** From the node's root on. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

export interface GuardVerdict {
  /** Why not, in the words of the protocol; null: come in. */
  readonly refusal: string | null;
  /** What the body has to be; null: whatever it is. */
  readonly bodyHash: string | null;
  /** The header that signs an answer with this body, or null when the asker did not sign. */
  readonly signAnswer: ((body: string) => string) | null;
}

/** Who may ask this node. Judged by the headers, before any of the body is read. */
export interface WireGuard {
  admit(request: GuardedRequest): GuardVerdict;
  /** For pages, which people and tools read: the token, as its header or as a bearer token. */
  hasToken(headers: IncomingHttpHeaders): boolean;
}

export function createWireGuard(options: {
  readonly accessToken: string;
  /** Still taken while the schedulers change to the new one. */
  readonly previousAccessToken: string | null;
  /** This very process: signatures are made for it. */
  readonly incarnation: string;
  readonly clock: Clock;
  readonly trust: SignatureTrust;
}): WireGuard {
  const { accessToken, previousAccessToken, trust } = options;
  const tokens = [accessToken, ...(previousAccessToken === null ? [] : [previousAccessToken])];
  const digests = tokens.map(digest);
  const keys = new Map<string, WireKey>(tokens.map(deriveWireKey).map((key) => [key.id, key]));
  const judge = createSignatureJudge({ instance: options.incarnation, clock: options.clock });

  // Each of them is compared, so that the time does not tell which one is the good one.
  const fits = (given: string): boolean =>
    digests.map((wanted) => timingSafeEqual(digest(given), wanted)).includes(true);

  function admitSigned(request: GuardedRequest, header: string): GuardVerdict {
    const signature = readRequestSignature(header);
    const key = signature === null ? undefined : keys.get(signature.keyId);
    if (signature === null || key === undefined) return refused(wrongToken(request.headers));
    const { method, path } = request;
    const verdict = judge.judge(key, { direction: 'to-executor', method, path }, signature);
    if (verdict === 'forged') return refused(wrongToken(request.headers));
    trust.signed();
    const signAnswer = (body: string) =>
      judge.signAnswer(key, { direction: 'to-executor', path, nonce: signature.nonce, body });
    if (verdict === 'again') return { ...refused(SIGN_AGAIN), signAnswer };
    if (verdict === 'repeated') return { ...refused('invalid request, this very request came before.'), signAnswer };
    return { refusal: null, bodyHash: signature.bodyHash, signAnswer };
  }

  return {
    admit(request) {
      const header = request.headers[SIGNATURE_HEADER];
      // Whoever signs is judged by the signature alone: a wrong one is not made good by a token beside it.
      if (typeof header === 'string') return admitSigned(request, header);
      const given = request.headers[TOKEN_HEADER];
      const isGood = typeof given === 'string' && fits(given) && trust.isTokenEnough;
      return isGood ? { refusal: null, bodyHash: null, signAnswer: null } : refused(wrongToken(request.headers));
    },
    hasToken(headers) {
      const bearer = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1];
      return fits(String(headers[TOKEN_HEADER] ?? bearer ?? ''));
    },
  };
}

const refused = (refusal: string): GuardVerdict => ({ refusal, bodyHash: null, signAnswer: null });

/** A peer of the newest generation names itself and expects other words than its forerunners. */
export function wrongToken(headers: IncomingHttpHeaders): string {
  if (headers[APPNAME_HEADER] === undefined) return 'The access token is wrong.';
  const isEmpty = [headers[APPNAME_HEADER], headers[TOKEN_HEADER]].some((text) => String(text ?? '').trim() === '');
  return isEmpty
    ? 'invalid request, accessToken or appname is empty.'
    : 'invalid request, accessToken or appname invalid.';
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
