/**
 * Which shard a key belongs to: an integer by modulo, a text by the modulo of its 32-bit FNV-1a hash over UTF-8. Fixed
 * for ever: two nodes of different versions must agree, and so must a program in another language that checks it.
 */
export function shardOf(key: string | number | bigint, shardTotal: number): number {
  if (typeof key === 'string') return fnv1a32(key) % shardTotal;
  if (typeof key === 'number' && !Number.isSafeInteger(key)) {
    throw new TypeError(`owns(${key}): a number key must be a whole number below 2^53; give it as text or bigint`);
  }
  const total = BigInt(shardTotal);
  // A negative key's remainder is negative: without the second modulo it would belong to nobody.
  return Number(((BigInt(key) % total) + total) % total);
}

export function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return hash >>> 0;
}
