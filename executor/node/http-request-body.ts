import type { IncomingMessage } from 'node:http';
import { faultInJson, type ParsedJson, parseJsonSafely } from '../../shared/protocol/parse-json-safely.ts';
import { hashOf } from '../../shared/protocol/wire-signature.ts';

const BODY_BYTES_MAX = 5 * 1_048_576;
/** A body over the limit is read on up to here, so that its sender reads our answer instead of a reset. */
const DISCARD_BYTES_MAX = 4 * BODY_BYTES_MAX;
const TOO_LARGE: RequestBody = {
  json: { kind: 'refused', why: `the body is larger than ${BODY_BYTES_MAX} bytes` },
  hash: null,
};

export interface RequestBody {
  readonly json: ParsedJson;
  /** SHA-256 of its bytes, when it was asked for and they could be had. */
  readonly hash: string | null;
}

/**
 * The JSON of a request, whoever read it: a server that this node is mounted in may have parsed it already and left
 * the value in `request.body`. That a stream was read to its end is what tells; a parser that did not feel concerned
 * by the content type leaves an empty object there and the stream as it was.
 */
export async function readRequestBody(
  request: IncomingMessage & { readonly body?: unknown },
  wanted: { readonly hash: boolean } = { hash: false },
): Promise<RequestBody> {
  if (!request.readableEnded) return parsed(await readStream(request, BODY_BYTES_MAX), wanted.hash);
  const { body } = request;
  if (Buffer.isBuffer(body)) return parsed(body, wanted.hash);
  if (typeof body === 'string') return parsed(Buffer.from(body), wanted.hash);
  if (body === undefined || body === null || isWithoutBody(request)) return parsed(Buffer.alloc(0), wanted.hash);
  if (bytesOf(request, body) > BODY_BYTES_MAX) return TOO_LARGE;
  const why = faultInJson(body);
  // Our schedulers write JSON as it is written here, so what was parsed can be hashed as if it had not been.
  const hash = wanted.hash ? hashOf(JSON.stringify(body)) : null;
  return { json: why === null ? { kind: 'value', value: body } : { kind: 'refused', why }, hash };
}

/** Reads on without keeping anything: for a request that is refused already. */
export async function discardRequestBody(request: IncomingMessage): Promise<void> {
  if (!request.readableEnded) await readStream(request, 0);
}

function parsed(body: Buffer | null, withHash: boolean): RequestBody {
  if (body === null || body.length > BODY_BYTES_MAX) return TOO_LARGE;
  return { json: parseJsonSafely(body), hash: withHash ? hashOf(body) : null };
}

/** Some parsers make an empty object of it. */
const isWithoutBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0;

/** What was sent; for a body without a stated length, what it is as text. */
function bytesOf(request: IncomingMessage, body: unknown): number {
  const stated = Number(request.headers['content-length'] ?? Number.NaN);
  return Number.isFinite(stated) ? stated : Buffer.byteLength(JSON.stringify(body));
}

/** The whole body, or null when it is over the limit. */
async function readStream(request: IncomingMessage, bytesMax: number): Promise<Buffer | null> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > DISCARD_BYTES_MAX) {
      request.destroy();
      return null;
    }
    if (bytes <= bytesMax) parts.push(part);
    else parts.length = 0;
  }
  return bytes > bytesMax ? null : Buffer.concat(parts);
}
