/**
 * JSON in which a BigInt is a number with all its digits. (`JSON.stringify` refuses BigInt, and a Number would round
 * sums beyond 2^53.)
 */
export function reportJson(value: unknown, options: { indent?: number } = {}): string {
  return write(value, options.indent ?? 0, '');
}

function write(value: unknown, indent: number, margin: string): string {
  if (typeof value === 'bigint') return String(value);
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const inner = margin + ' '.repeat(indent);
  const members = Array.isArray(value)
    ? value.map((one) => write(one, indent, inner))
    : Object.entries(value)
        .filter(([, one]) => one !== undefined)
        .map(([key, one]) => `${JSON.stringify(key)}:${indent === 0 ? '' : ' '}${write(one, indent, inner)}`);
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  if (members.length === 0) return open + close;
  if (indent === 0) return open + members.join(',') + close;
  return `${open}\n${inner}${members.join(`,\n${inner}`)}\n${margin}${close}`;
}
