import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/**
 * How our own nodes sign what they tell each other, beside xxl-job's token, which its peers go on using. The keys come
 * from that token (HKDF), so there is no second secret; each direction has a key of its own, so that nothing said by one
 * side can be sent back to it as if the other had said it. All of this file is pure.
 */
export const SIGNATURE_HEADER = 'x-daybreak-signature';
export const ANSWER_HEADER = 'x-daybreak-answer';

/** The answer to a good signature that was not made for this process, or too long ago: sign it again and repeat. */
export const SIGN_AGAIN = 'invalid request, sign again for this process.';
/** Instead of the name of a process that is not known yet. */
export const NOBODY_YET = '-';
/** A signature is good for so long before and after its instant, by the clock of whoever judges it. */
export const SIGNATURE_WINDOW_MS = 60_000;

export type WireDirection = 'to-scheduler' | 'to-executor';

export interface WireKey {
  /** Says which of several live tokens was used, and nothing else about it. */
  readonly id: string;
  readonly request: Readonly<Record<WireDirection, Buffer>>;
  /** For answers, named by the direction of the request. */
  readonly answer: Readonly<Record<WireDirection, Buffer>>;
}

/** Takes about 30 µs; keep the result. */
export function deriveWireKey(token: string): WireKey {
  const part = (info: string, bytes: number) => Buffer.from(hkdfSync('sha256', token, 'daybreak wire v1', info, bytes));
  return {
    id: part('key id', 8).toString('hex'),
    request: { 'to-scheduler': part('request to-scheduler', 32), 'to-executor': part('request to-executor', 32) },
    answer: { 'to-scheduler': part('answer to-scheduler', 32), 'to-executor': part('answer to-executor', 32) },
  };
}

/** What is signed of a request besides its direction, method and path, which the receiver sees for itself. */
export interface RequestSignature {
  readonly keyId: string;
  /** The process that it is meant for: a copy is worth nothing anywhere else, nor after a restart. */
  readonly audience: string;
  /** By the clock of that process. */
  readonly atMs: number;
  readonly nonce: string;
  /** SHA-256 of the body, so that the signature can be judged before the body is read. */
  readonly bodyHash: string;
  readonly mac: string;
}

export interface RequestTarget {
  readonly direction: WireDirection;
  readonly method: string;
  /** From the peer's root on: `/api/registry`, `/run`. */
  readonly path: string;
}

type Unsigned<T> = Omit<T, 'mac'>;

export function requestMac(key: WireKey, target: RequestTarget, signed: Unsigned<RequestSignature>): string {
  const { direction, method, path } = target;
  const { keyId, audience, atMs, nonce, bodyHash } = signed;
  const text = ['request', direction, method, path, keyId, audience, String(atMs), nonce, bodyHash].join('\n');
  return createHmac('sha256', key.request[direction]).update(text).digest('hex');
}

export function writeRequestSignature(signature: RequestSignature): string {
  const { keyId, audience, atMs, nonce, bodyHash, mac } = signature;
  return `v1 key=${keyId} for=${audience} at=${atMs} nonce=${nonce} body=${bodyHash} mac=${mac}`;
}

const REQUEST =
  /^v1 key=([0-9a-f]{16}) for=([0-9A-Za-z._-]{1,64}) at=(\d{1,15}) nonce=([0-9a-f]{32}) body=([0-9a-f]{64}) mac=([0-9a-f]{64})$/;

/** null: it is no signature of ours. */
export function readRequestSignature(text: string): RequestSignature | null {
  const found = REQUEST.exec(text);
  if (found === null) return null;
  const [, keyId = '', audience = '', at = '', nonce = '', bodyHash = '', mac = ''] = found;
  return { keyId, audience, atMs: Number(at), nonce, bodyHash, mac };
}

/** The signature of an answer: it belongs to one request (its nonce) and tells the process and the clock behind it. */
export interface AnswerSignature {
  readonly instance: string;
  readonly atMs: number;
  readonly mac: string;
}

export interface AnswerTo {
  readonly direction: WireDirection;
  readonly path: string;
  readonly nonce: string;
  readonly body: string;
}

export function answerMac(key: WireKey, to: AnswerTo, { instance, atMs }: Unsigned<AnswerSignature>): string {
  const text = ['answer', to.direction, to.path, to.nonce, instance, String(atMs), hashOf(to.body)].join('\n');
  return createHmac('sha256', key.answer[to.direction]).update(text).digest('hex');
}

export function writeAnswerSignature({ instance, atMs, mac }: AnswerSignature): string {
  return `v1 from=${instance} at=${atMs} mac=${mac}`;
}

const ANSWER = /^v1 from=([0-9A-Za-z._-]{1,64}) at=(\d{1,15}) mac=([0-9a-f]{64})$/;

export function readAnswerSignature(text: string): AnswerSignature | null {
  const found = ANSWER.exec(text);
  if (found === null) return null;
  const [, instance = '', at = '', mac = ''] = found;
  return { instance, atMs: Number(at), mac };
}

/** In a time that does not depend on where the two differ. */
export function sameMac(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one, 'hex'), Buffer.from(other, 'hex')];
  return a.length === b.length && timingSafeEqual(a, b);
}

export const hashOf = (body: string | Buffer): string => createHash('sha256').update(body).digest('hex');
