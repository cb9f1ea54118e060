import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** `up`: towards the server; `down`: its answers. */
export type Direction = 'up' | 'down';

/** A TCP proxy on loopback that can cut, drop, delay, hold and throttle one link, and stop it at a byte pattern. */
export interface TcpProxy {
  readonly port: number;
  /** From now on, the first chunk towards the server that holds such a text is forwarded, and its answer never comes back. */
  cutAnswerTo(text: string | readonly string[]): void;
  /** From now on, the first chunk towards the server that holds such a text is not forwarded either. */
  cutBefore(text: string | readonly string[]): void;
  /** From now on nothing passes on the connections that are open now, and neither side is told: half-open. */
  muteAll(): void;
  /** Ends all connections that are open now. */
  cutAll(): void;
  /** Ends them by a reset instead: what was under way is lost in the middle of a message. */
  resetAll(): void;
  /** While it is on, what goes this way vanishes, on old connections and new ones, and nobody is told. */
  drop(direction: Direction, on: boolean): void;
  /** While it is on, nobody gets a connection; those that are open stay. */
  refuse(on: boolean): void;
  /** Each chunk is late by so much, in its order; 0 is as it was. */
  delay(direction: Direction, ms: number): void;
  /** While it is on, answers wait here; then they go on, in their order. */
  holdAnswers(on: boolean): void;
  /** At most so many bytes a second each way and connection; null is as it was. */
  throttle(bytesPerSecond: number | null): void;
  close(): Promise<void>;
}

/** Chunks are looked at in lower case. */
const finder =
  (texts: string | readonly string[]) =>
  (chunk: string): boolean =>
    [texts].flat().some((text) => chunk.includes(text.toLowerCase()));

interface Faults {
  readonly dropped: Record<Direction, boolean>;
  readonly delayMs: Record<Direction, number>;
  refused: boolean;
  bytesPerSecond: number | null;
  /** Resolves when held answers may go on; null when they are not held. */
  held: { readonly over: Promise<void>; letGo(): void } | null;
}

export async function createTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  const muted = new Set<readonly [Socket, Socket]>();
  let rule: { isIn: (chunk: string) => boolean; forward: boolean } | null = null;
  const faults: Faults = {
    dropped: { up: false, down: false },
    delayMs: { up: 0, down: 0 },
    refused: false,
    bytesPerSecond: null,
    held: null,
  };

  const server = createServer((client) => {
    if (faults.refused) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(target);
    const pair = [client, upstream] as const;
    let isMute = false;
    pairs.add(pair);
    const end = (): void => {
      pairs.delete(pair);
      muted.delete(pair);
      client.destroy();
      upstream.destroy();
    };
    const send = { up: lane(upstream, 'up', faults), down: lane(client, 'down', faults) };
    client.on('data', (chunk) => {
      if (muted.has(pair) || faults.dropped.up) return;
      if (rule?.isIn(chunk.toString('latin1').toLowerCase()) !== true) {
        send.up(chunk);
        return;
      }
      const { forward } = rule;
      rule = null;
      isMute = true;
      if (forward) send.up(chunk);
      else end();
    });
    upstream.on('data', (chunk) => {
      // The server has answered, so it has done what it was asked: now the client loses its connection.
      if (muted.has(pair) || faults.dropped.down) return;
      if (isMute) end();
      else send.down(chunk);
    });
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on('close', end);
      socket.on('error', end);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const each = (act: (socket: Socket) => void): void => {
    for (const pair of [...pairs]) pair.forEach(act);
  };
  const holdAnswers = (on: boolean): void => {
    faults.held?.letGo();
    if (!on) {
      faults.held = null;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    faults.held = { over: promise, letGo: resolve };
  };
  const cutAll = (): void => each((socket) => socket.destroy());
  return {
    port: (server.address() as AddressInfo).port,
    cutAnswerTo(text) {
      rule = { isIn: finder(text), forward: true };
    },
    cutBefore(text) {
      rule = { isIn: finder(text), forward: false };
    },
    muteAll() {
      for (const pair of pairs) muted.add(pair);
    },
    cutAll,
    resetAll: () => each((socket) => socket.resetAndDestroy()),
    drop(direction, on) {
      faults.dropped[direction] = on;
    },
    refuse(on) {
      faults.refused = on;
    },
    delay(direction, ms) {
      faults.delayMs[direction] = ms;
    },
    holdAnswers,
    throttle(bytesPerSecond) {
      faults.bytesPerSecond = bytesPerSecond;
    },
    close: () =>
      new Promise((resolve) => {
        holdAnswers(false);
        server.close(() => resolve());
        cutAll();
      }),
  };
}

/** Writes chunks to a socket in their order, each as late as the faults of that moment make it. */
function lane(to: Socket, direction: Direction, faults: Faults): (chunk: Buffer) => void {
  let before: Promise<void> | null = null;
  const write = async (chunk: Buffer): Promise<void> => {
    const { bytesPerSecond, delayMs, held } = faults;
    const lateMs = delayMs[direction] + (bytesPerSecond === null ? 0 : (chunk.length / bytesPerSecond) * 1_000);
    if (lateMs > 0) await sleep(lateMs);
    if (direction === 'down') await held?.over;
    if (!to.destroyed) to.write(chunk);
  };
  return (chunk) => {
    const isPlain = faults.delayMs[direction] === 0 && faults.bytesPerSecond === null;
    if (before === null && isPlain && (direction === 'up' || faults.held === null)) {
      to.write(chunk);
      return;
    }
    const mine = (before ?? Promise.resolve()).then(() => write(chunk));
    before = mine;
    void mine.then(() => {
      if (before === mine) before = null;
    });
  };
}
