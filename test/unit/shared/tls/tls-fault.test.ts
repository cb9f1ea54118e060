import { expect, test } from 'vitest';
import { tlsFault } from '../../../../shared/tls/tls-fault.ts';

const failed = (message: string, more: object) => Object.assign(new Error(message), more);

test.each<[string, Error, RegExp]>([
  // As mysql2 has them, without the code of Node.
  ['another CA', failed('self-signed certificate', { code: 'HANDSHAKE_SSL_ERROR' }), /does not verify \(self-signed/],
  ['out of date', failed('certificate has expired', { code: 'CERT_HAS_EXPIRED' }), /does not verify .*in date/],
  [
    'another name',
    failed('no match', { code: 'HANDSHAKE_SSL_ERROR', host: 'db', cert: { subject: { CN: 'x' } } }),
    /not for db but for CN:x: .*tls-name/,
  ],
  [
    'a certificate of ours that it does not know',
    failed('long', {
      library: 'SSL routines',
      reason: 'tlsv1 alert unknown ca',
      code: 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
    }),
    /\(tlsv1 alert unknown ca\).*tls-cert-file/,
  ],
  [
    'no TLS there',
    failed('wrong version number', { library: 'SSL routines', code: 'HANDSHAKE_SSL_ERROR' }),
    /answers without TLS/,
  ],
])('%s is told', (_, error, words) => expect(tlsFault(error)).toMatch(words));

test.each([
  failed('read ECONNRESET', { code: 'HANDSHAKE_SSL_ERROR', syscall: 'read', errno: -104 }),
  failed('Client network socket disconnected', { code: 'HANDSHAKE_SSL_ERROR', localAddress: undefined }),
  failed('connect ETIMEDOUT', { code: 'ETIMEDOUT', syscall: 'connect' }),
  failed('connect ECONNREFUSED', { code: 'ECONNREFUSED', syscall: 'connect' }),
])('a connection that breaks off may be made again: %s', (error) => expect(tlsFault(error)).toBeNull());
