import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { DaybreakError, messageOf } from '../errors.ts';
import type { TlsOptions } from './tls-options.ts';

/** What a connection over TLS is made with, read once: all connections of a process are made with the same. */
export interface TlsMaterial {
  /** `ca`: those that may vouch for the server; absent where it is not verified. */
  readonly pem: { readonly ca?: string[]; readonly cert?: string; readonly key?: string };
  /** The same, as Node has it: made once, because reading all that a machine trusts takes a while. */
  readonly secureContext: SecureContext;
}

/**
 * Reads the files. Throws BAD_OPTION, which names the option and, but for the key's, the path; `of` is whose options
 * they are, for messages.
 */
export function readTlsMaterial(options: TlsOptions, of: string): TlsMaterial {
  const refuse = (why: string): DaybreakError => new DaybreakError('BAD_OPTION', `${of}: ${why}`);
  const pem = {
    ...(options.verified ? { ca: authorities(options.caFile, refuse) } : {}),
    ...(options.certFile === null ? {} : { cert: readPem('tls-cert-file', options.certFile, refuse) }),
    ...(options.keyFile === null ? {} : { key: readPem('tls-key-file', options.keyFile, refuse) }),
  };
  try {
    return { pem, secureContext: createSecureContext(pem) };
  } catch (cause) {
    throw refuse(
      `tls-cert-file and tls-key-file do not go together (${messageOf(cause)}): name a certificate and its key, both PEM, the key without a passphrase`,
    );
  }
}

/**
 * What a certificate is compared with, as a name that is sent. An address is none, and Node warns of it: with a dot behind
 * it is one, and Node takes that away before it compares.
 */
export const verifiedName = (name: string): string => (isIP(name) === 0 ? name : `${name}.`);

/** Of the file alone; without one those that Node brings, and those of this machine. */
function authorities(file: string | null, refuse: (why: string) => Error): string[] {
  if (file === null) return [...new Set([...getCACertificates('default'), ...getCACertificates('system')])];
  const text = readPem('tls-ca-file', file, refuse);
  const found = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  // Node passes over what it cannot read in it, and would then believe nobody, for no reason that could be seen.
  if (found.length === 0 || !found.every(isCertificate)) {
    throw refuse(`tls-ca-file ${JSON.stringify(file)} holds no certificate that can be read: name a file in PEM`);
  }
  return found;
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    // Said by the caller, with the name of the file.
    return false;
  }
}

function readPem(option: string, path: string, refuse: (why: string) => Error): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    const shown = option === 'tls-key-file' ? option : `${option} ${JSON.stringify(path)}`;
    throw refuse(`${shown} cannot be read (${code}): name a file that this user may read`);
  }
}
