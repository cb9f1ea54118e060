import { networkInterfaces } from 'node:os';

/** Where executors reach a scheduler that listens on `host`: for "every address", one that others can reach. */
export function reachableRoot(host: string, port: number): string {
  const isAny = host === '0.0.0.0' || host === '::';
  const name = isAny ? (outwardAddress() ?? '127.0.0.1') : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

/** The command by which an executor joins, as it is typed. */
export const joinCommand = (root: string, token: string): string =>
  `DAYBREAK_SCHEDULERS=${root} DAYBREAK_JOIN_TOKEN=${token} node my-executor.mjs`;

function outwardAddress(): string | null {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return all.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? null;
}
