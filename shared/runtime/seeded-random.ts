import type { Random } from './runtime.ts';
import { createUlidFactory } from './ulid.ts';

/**
 * The same seed gives the same draws (sfc32, seeded with a 32-bit hash of the seed's text). For tests and simulation
 * only: its secrets can be guessed.
 * @param wallMs the clock that goes into ulids; default the epoch
 */
export function seededRandom(seed: number | string, wallMs: () => number = () => 0): Random {
  const draw32 = sfc32(String(seed));
  const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => draw32() & 0xff);
  return {
    next: () => (draw32() >>> 5) * 2 ** -27 + (draw32() >>> 6) * 2 ** -53,
    integer: (below) => Math.floor((draw32() / 2 ** 32) * Math.max(1, below)),
    ulid: createUlidFactory(wallMs, bytes),
    secretHex: (length) => Buffer.from(bytes(length)).toString('hex'),
  };
}

function sfc32(seed: string): () => number {
  let a = fnv1a(`${seed}a`);
  let b = fnv1a(`${seed}b`);
  let c = fnv1a(`${seed}c`);
  let counter = 1;
  const draw = (): number => {
    const t = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    return t >>> 0;
  };
  // The first draws still show the seed's shape.
  for (let i = 0; i < 20; i++) draw();
  return draw;
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash | 0;
}
