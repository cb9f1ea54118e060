/**
 * What of TLS went wrong, with the way out, in words that follow the server's name; null: nothing of it, or a connection
 * that was cut off in the middle, as it is when a server goes away. Pure.
 */
export function tlsFault(error: unknown): string | null {
  const { code, message, library, reason, syscall, cert, host } = error as Readonly<Record<string, unknown>>;
  if (cert !== undefined && typeof host === 'string') {
    return `shows a certificate that is not for ${host} but for ${namesOf(cert)}: name the host as its certificate does, or say that name with tls-name`;
  }
  const said = String(message);
  if (/wrong version number|packet length too long/i.test(said))
    return 'answers without TLS: turn it on there, or ask for none';
  if (library !== undefined || /SSL routines|^ERR_SSL/.test(`${said} ${String(code)}`)) {
    const alert = typeof reason === 'string' ? reason : said;
    return `does not agree on TLS (${alert}): does it ask for a certificate of a CA that it knows (tls-cert-file, tls-key-file)?`;
  }
  // mysql2 gives every error of a handshake this code in the place of its own: those of a socket have more to tell.
  const isVerdict = code === 'HANDSHAKE_SSL_ERROR' && syscall === undefined && !('localAddress' in (error as object));
  if (!isVerdict && !VERDICTS.test(String(code))) return null;
  return `shows a certificate that does not verify (${said}): name the CA that signed it with tls-ca-file, and see that it is in date`;
}

/** The codes of OpenSSL's verification, as Node has them. */
const VERDICTS =
  /^(UNABLE_TO_|CERT_|CRL_|ERROR_IN_C|SELF_SIGNED_|DEPTH_ZERO_|INVALID_(CA|PURPOSE)|PATH_LENGTH_EXCEEDED|HOSTNAME_MISMATCH)/;

function namesOf(cert: unknown): string {
  const { subjectaltname, subject } = cert as { subjectaltname?: string; subject?: { CN?: unknown } };
  return subjectaltname ?? `CN:${String(subject?.CN)}`;
}
