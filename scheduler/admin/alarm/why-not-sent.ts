/**
 * Why a message could not be sent, so that whoever set the channel up can mend it. In words of ours: those of an error may
 * hold what the other side said, and it is not for everybody who can make a channel to read what stands inside a network.
 */
export function whyNotSent(error: unknown): string {
  const { code, message, name, syscall } = error as Readonly<Record<string, unknown>>;
  if (code === 'ENOTALLOWED' && typeof message === 'string') return message;
  if (name === 'TimeoutError' || code === 'ETIMEDOUT') return 'the other side did not answer in time';
  if (code === 'EAUTH' || code === 'ENOAUTH') return 'the mail server does not take this user and password';
  if (code === 'EENVELOPE') return 'the mail server refused the sender or the recipients, or wants a log-in';
  if (code === 'EMESSAGE') return 'the mail server refused the mail';
  if (code === 'ENOTFOUND' || code === 'EDNS') return 'there is no host of that name';
  if (syscall === 'connect') return 'nothing answers at its host and port';
  if (syscall === 'read' || syscall === 'write') return 'the connection broke off';
  if (isOfTls(code)) return 'TLS was not agreed on: it is not offered there, or nobody vouches for its certificate';
  return `it could not be sent (${typeof code === 'string' && /^[A-Z_]{2,40}$/.test(code) ? code : 'no connection'})`;
}

/** What the library calls a socket's error without a system call behind it is one of the handshake. */
const isOfTls = (code: unknown): boolean =>
  typeof code === 'string' && (code === 'ETLS' || code === 'ESOCKET' || /CERT|^ERR_(TLS|SSL)|^EPROTO$/.test(code));
