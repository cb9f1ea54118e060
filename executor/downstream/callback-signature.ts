import { createHmac, timingSafeEqual } from 'node:crypto';

/** What became of a check: `tMs` is the instant that was signed, or `why` is a sentence for the log. */
export type CallbackCheck = { readonly ok: true; readonly tMs: number } | { readonly ok: false; readonly why: string };

/**
 * The value of `X-Gateway-Signature`: HMAC-SHA256 over `<t>.<raw body>`. The bytes are signed as they travel: a body
 * that is parsed and written anew would no longer fit.
 * @example signCallback('secret', 1764547200000, body) // 't=1764547200000,v1=5f0c...'
 */
export function signCallback(secret: string, tMs: number, rawBody: Uint8Array | string): string {
  return `t=${tMs},v1=${digestOf(secret, String(tMs), rawBody).toString('hex')}`;
}

/**
 * Checks a callback's signature in constant time. Several `v1` are allowed (a gateway that is changing its secret
 * sends two) and other names are passed over; two instants are not. How old `t` may be is the caller's decision.
 */
export function verifyCallback(secret: string, header: string | null, rawBody: Uint8Array | string): CallbackCheck {
  if (secret === '') return { ok: false, why: 'no callback secret is configured' };
  if (header === null || header === '') return { ok: false, why: 'the X-Gateway-Signature header is missing' };
  if (header.length > HEADER_MAX) return { ok: false, why: 'the X-Gateway-Signature header is too long' };
  const parts = header.split(',').map((part) => part.trim());
  const instants = parts.filter((part) => part.startsWith('t=')).map((part) => part.slice(2));
  const digests = parts.filter((part) => part.startsWith('v1=')).map((part) => part.slice(3));
  const [instant] = instants;
  if (instants.length !== 1 || instant === undefined || !/^\d{1,15}$/.test(instant)) {
    return { ok: false, why: 'the X-Gateway-Signature header has no single t=<milliseconds>' };
  }
  if (digests.length === 0) return { ok: false, why: 'the X-Gateway-Signature header has no v1=<hex>' };
  const expected = digestOf(secret, instant, rawBody);
  let matches = false;
  // Every digest is compared, also after a match: how long it takes says nothing about which one fitted.
  for (const digest of digests) matches = equalsHex(expected, digest) || matches;
  return matches ? { ok: true, tMs: Number(instant) } : { ok: false, why: 'the signature does not fit the body' };
}

const HEADER_MAX = 1024;

function digestOf(secret: string, instant: string, rawBody: Uint8Array | string): Buffer {
  return createHmac('sha256', secret).update(`${instant}.`).update(rawBody).digest();
}

function equalsHex(expected: Buffer, hex: string): boolean {
  if (!/^[0-9a-f]{64}$/i.test(hex)) return false;
  return timingSafeEqual(expected, Buffer.from(hex, 'hex'));
}
