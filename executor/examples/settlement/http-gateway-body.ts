import type { IncomingMessage } from 'node:http';
import { whyOf } from './http-gateway-exchange.ts';

export type BodyResult =
  | { readonly kind: 'whole'; readonly text: string }
  /** `text` is what came before it ended. */
  | { readonly kind: 'cut'; readonly text: string; readonly why: string };

/**
 * Reads a body to its end, at most `bytesMax` of it. A body that ends before its announced length, or without its last
 * chunk, makes the reading throw: it is cut.
 */
export async function readBody(body: IncomingMessage, bytesMax: number): Promise<BodyResult> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const text = (): string => Buffer.concat(chunks).toString('utf8');
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.byteLength;
      if (bytes > bytesMax) return { kind: 'cut', text: text(), why: `the answer is larger than ${bytesMax} bytes` };
      chunks.push(chunk);
    }
  } catch (error) {
    return { kind: 'cut', text: text(), why: `the answer was cut: ${whyOf(error)}` };
  }
  return { kind: 'whole', text: text() };
}
