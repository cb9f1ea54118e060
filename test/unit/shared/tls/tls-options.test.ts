import { expect, test } from 'vitest';
import { DaybreakError } from '../../../../shared/errors.ts';
import { readTlsOptions } from '../../../../shared/tls/tls-options.ts';

const read = (search: string, standard: 'off' | 'verified' = 'off') =>
  readTlsOptions(search, standard, (why) => new DaybreakError('BAD_OPTION', `it ${why}`));
const NONE = { caFile: null, certFile: null, keyFile: null, name: null };

test.each([
  ['', null],
  ['?tls=off', null],
  ['?tls=verified', { ...NONE, verified: true }],
  ['?tls=unverified', { ...NONE, verified: false }],
  ['?tls=verified&tls-ca-file=/a+b%20c/ca.pem', { ...NONE, verified: true, caFile: '/a+b c/ca.pem' }],
  [
    '?tls-name=db.example&tls-key-file=k&tls-cert-file=c&tls=verified',
    { ...NONE, verified: true, certFile: 'c', keyFile: 'k', name: 'db.example' },
  ],
  ['?tls=unverified&tls-cert-file=c&tls-key-file=k', { ...NONE, verified: false, certFile: 'c', keyFile: 'k' }],
])('"%s" is understood', (search, options) => expect(read(search)).toEqual(options));

test.each([
  ['?tls=required', 'has tls=required, which is none of off, verified, unverified'],
  ['?tls=', 'has tls without a value'],
  ['?tls=off&tls=verified', 'has tls twice'],
  ['?ssl=1', 'has "ssl" behind its "?", where only these may stand: tls, tls-ca-file,'],
  ['?tls-ca-file=ca.pem', 'has tls-ca-file, which does nothing without tls=verified'],
  ['?tls=off&tls-name=db', 'has tls-name, which does nothing without tls=verified'],
  ['?tls=unverified&tls-ca-file=ca.pem', 'has tls-ca-file, and tls=unverified verifies nothing'],
  ['?tls=unverified&tls-name=db', 'has tls-name, and tls=unverified verifies nothing'],
  ['?tls=verified&tls-cert-file=c', 'has one of tls-cert-file and tls-key-file'],
  ['?tls=verified&tls-key-file=k', 'has one of tls-cert-file and tls-key-file'],
])('"%s" is refused with what to write', (search, why) => expect(() => read(search)).toThrowError(why));

test.each([
  // What was typed is a password with characters that had to be encoded.
  '?hush@db/daybreak',
  '?hu&sh@db/daybreak',
  '?the hush=1',
  '?tls=the hush',
  `?${'hush'.repeat(11)}`,
])('what may be the end of a password is not shown: "%s"', (search) => {
  expect(() => read(search)).toThrowError(/^it has /);
  expect(() => read(search)).not.toThrowError(/hu&?sh/);
});
