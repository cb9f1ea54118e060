import type { RedisOptions } from 'ioredis';
import { messageOf } from '../errors.ts';
import { tlsFault } from '../tls/tls-fault.ts';
import { readTlsMaterial, verifiedName } from '../tls/tls-files.ts';
import type { RedisPlace } from './redis-url.ts';

/** What the client needs to reach a Redis: every connection to one is made with it. */
export interface RedisWay {
  readonly url: string;
  readonly options: Pick<RedisOptions, 'tls'>;
  /** Why a connection failed, in words; `wasUp`: to a server that was spoken to before. */
  why(error: unknown, wasUp?: boolean): string;
}

/** Reads the files that the URL names, once. Throws BAD_OPTION. */
export function wayToRedis(place: RedisPlace): RedisWay {
  const why = (error: unknown, wasUp = false): string => whyNot(place, error, wasUp);
  const { url, tls, host, label } = place;
  if (tls === null) return { url, options: {}, why };
  const { secureContext } = readTlsMaterial(tls, `the Redis URL ${label}`);
  const servername = verifiedName(tls.name ?? host);
  return { url, options: { tls: { secureContext, servername, rejectUnauthorized: tls.verified } }, why };
}

/** A Redis that wants TLS, or none, or a certificate, does not say so: it cuts the connection off, or waits. */
function whyNot({ tls }: RedisPlace, error: unknown, wasUp: boolean): string {
  const said = messageOf(error);
  const { code } = error as { readonly code?: unknown };
  const fault = tls === null ? null : tlsFault(error);
  if (fault !== null) return `it ${fault}`;
  const isCutOff = code === 'ECONNRESET' || code === 'EPIPE' || said === 'Connection is closed.';
  if (wasUp || !(isCutOff || (tls !== null && code === 'ETIMEDOUT'))) return said;
  return tls === null
    ? `${said}; where it takes TLS alone, write rediss://`
    : `${said}; so does one without TLS (redis://), and one that asks for a certificate (tls-cert-file, tls-key-file)`;
}
