import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { signCallback, verifyCallback } from '../../../../../../executor/downstream/callback-signature.ts';

const body = Buffer.from('{"eventId":"E1","amount":1250}');
const tMs = 1_795_000_000_000;

test('the signature is the HMAC-SHA256 of "<t>.<raw body>" in hex', () => {
  const hex = createHmac('sha256', 's3cret').update(`${tMs}.${body.toString()}`).digest('hex');
  expect(signCallback('s3cret', tMs, body)).toBe(`t=${tMs},v1=${hex}`);
});

test('what was signed verifies and gives back its instant', () => {
  expect(verifyCallback('s3cret', signCallback('s3cret', tMs, body), body)).toEqual({ ok: true, tMs });
});

test('spaces, upper-case hex, other names and a second v1 are accepted', () => {
  const hex = signCallback('s3cret', tMs, body).split('v1=')[1] ?? '';
  const header = `v0=1, v1=${'0'.repeat(64)}, t=${tMs}, v1=${hex.toUpperCase()}`;
  expect(verifyCallback('s3cret', header, body)).toEqual({ ok: true, tMs });
});

test('another body, secret or instant does not verify', () => {
  const header = signCallback('s3cret', tMs, body);
  expect(verifyCallback('s3cret', header, Buffer.from('{"eventId":"E1","amount":1251}')).ok).toBe(false);
  expect(verifyCallback('other', header, body).ok).toBe(false);
  expect(verifyCallback('s3cret', header.replace(String(tMs), String(tMs + 1)), body).ok).toBe(false);
});

test.each([
  ['no header', null],
  ['an empty header', ''],
  ['no instant', `v1=${'a'.repeat(64)}`],
  ['two instants', `t=1,t=2,v1=${'a'.repeat(64)}`],
  ['an instant that is no number', `t=1e3,v1=${'a'.repeat(64)}`],
  ['no digest', 't=1'],
  ['a digest of the wrong length', 't=1,v1=abcd'],
  ['a digest that is no hex', `t=1,v1=${'z'.repeat(64)}`],
  ['a header without end', `t=1,v1=${'a'.repeat(5_000)}`],
])('%s is refused with a reason', (_name, header) => {
  expect(verifyCallback('s3cret', header, body)).toMatchObject({ ok: false, why: expect.any(String) });
});

test('an empty secret verifies nothing, not even what was signed with it', () => {
  expect(verifyCallback('', signCallback('', tMs, body), body).ok).toBe(false);
});
