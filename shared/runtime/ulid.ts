const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/**
 * Makes ULIDs: 48 bits of epoch ms and 80 random bits in Crockford's base 32. Within one millisecond (or when the
 * clock steps back) the random part counts up, so the ids of one process always grow.
 */
export function createUlidFactory(wallMs: () => number, randomBytes: (length: number) => Uint8Array): () => string {
  let lastMs = -1;
  let tail = 0n;
  return () => {
    const nowMs = Math.floor(wallMs());
    if (nowMs > lastMs) {
      lastMs = nowMs;
      // The highest bit starts at 0: 2^79 increments fit before the tail is full.
      tail = BigInt(`0x${Buffer.from(randomBytes(10)).toString('hex')}`) & ((1n << 79n) - 1n);
    } else {
      tail += 1n;
    }
    return encode(BigInt(lastMs), 10) + encode(tail, 16);
  };
}

function encode(value: bigint, length: number): string {
  let text = '';
  let rest = value;
  for (let i = 0; i < length; i++) {
    text = ALPHABET[Number(rest & 31n)] + text;
    rest >>= 5n;
  }
  return text;
}
