/** How a server is reached over TLS, as the query of its URL says it. Pure: no file is looked at here. */

export interface TlsOptions {
  /** Whether its certificate has to verify and to carry its name. False: encrypted, and it may be anybody. */
  readonly verified: boolean;
  /** Paths, as they were written. */
  readonly caFile: string | null;
  readonly certFile: string | null;
  readonly keyFile: string | null;
  /** What its certificate is for, where that is not the host of the URL. */
  readonly name: string | null;
}

export const TLS_MODES = ['off', 'verified', 'unverified'] as const;
export type TlsMode = (typeof TLS_MODES)[number];

const NAMES = ['tls', 'tls-ca-file', 'tls-cert-file', 'tls-key-file', 'tls-name'] as const;
type Name = (typeof NAMES)[number];

/**
 * Reads `?tls=verified&tls-ca-file=/etc/ca.pem`; null: no TLS. What is unknown, said twice or without effect goes to
 * `refuse`, which throws. Values are not shown, but for a word of `tls`: behind a "?" may stand the end of a password.
 */
export function readTlsOptions(
  search: string,
  standard: 'off' | 'verified',
  refuse: (why: string) => Error,
): TlsOptions | null {
  if (search.includes('@'))
    throw refuse('has an "@" behind its "?": write %40 for it, and %3F for a "?" in a password');
  const given = valuesOf(search, refuse);
  const mode = modeOf(given.get('tls') ?? standard, refuse);
  const [caFile = null, certFile = null, keyFile = null, name = null] = NAMES.slice(1).map((one) => given.get(one));
  if (mode === 'off') {
    const idle = NAMES.slice(1).find((one) => given.has(one));
    if (idle !== undefined) throw refuse(`has ${idle}, which does nothing without tls=verified`);
    return null;
  }
  if (mode === 'unverified') {
    const idle = [...(caFile === null ? [] : ['tls-ca-file']), ...(name === null ? [] : ['tls-name'])];
    if (idle.length > 0)
      throw refuse(`has ${idle.join(' and ')}, and tls=unverified verifies nothing: write tls=verified`);
  }
  if ((certFile === null) !== (keyFile === null)) {
    throw refuse('has one of tls-cert-file and tls-key-file: a certificate of ours needs both');
  }
  return { verified: mode === 'verified', caFile, certFile, keyFile, name };
}

function valuesOf(search: string, refuse: (why: string) => Error): Map<Name, string> {
  const given = new Map<Name, string>();
  // In a form "+" is a blank, in a path it is itself.
  for (const [word, value] of new URLSearchParams(search.replaceAll('+', '%2B'))) {
    const name = NAMES.find((known) => known === word);
    if (name === undefined) {
      const shown = /^[\w-]{1,40}$/.test(word) ? `"${word}"` : 'something';
      throw refuse(`has ${shown} behind its "?", where only these may stand: ${NAMES.join(', ')}`);
    }
    if (given.has(name)) throw refuse(`has ${name} twice`);
    if (value === '') throw refuse(`has ${name} without a value`);
    given.set(name, value);
  }
  return given;
}

function modeOf(word: string, refuse: (why: string) => Error): TlsMode {
  const mode = TLS_MODES.find((known) => known === word);
  if (mode !== undefined) return mode;
  const shown = /^[\w-]{1,20}$/.test(word) ? `tls=${word}` : 'a tls';
  throw refuse(`has ${shown}, which is none of ${TLS_MODES.join(', ')}`);
}
