import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP proxy on loopback that can cut. What it forwards can be watched, and stopped at a byte pattern. */
export interface TcpProxy {
  readonly port: number;
  /** From now on, the first chunk towards the server that holds `text` is forwarded, and its answer never comes back. */
  cutAnswerTo(text: string): void;
  /** From now on, the first chunk towards the server that holds `text` is not forwarded either. */
  cutBefore(text: string): void;
  /** From now on nothing passes on the connections that are open now, and neither side is told: half-open. */
  muteAll(): void;
  /** Ends all connections that are open now. */
  cutAll(): void;
  close(): Promise<void>;
}

export async function createTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  const muted = new Set<readonly [Socket, Socket]>();
  let rule: { text: string; forward: boolean } | null = null;

  const server = createServer((client) => {
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
    client.on('data', (chunk) => {
      if (muted.has(pair)) return;
      const hit = rule !== null && chunk.toString('latin1').toLowerCase().includes(rule.text);
      if (!hit || rule === null) {
        upstream.write(chunk);
        return;
      }
      const { forward } = rule;
      rule = null;
      isMute = true;
      if (forward) upstream.write(chunk);
      else end();
    });
    upstream.on('data', (chunk) => {
      // The server has answered, so it has done what it was asked: now the client loses its connection.
      if (muted.has(pair)) return;
      if (isMute) end();
      else client.write(chunk);
    });
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on('close', end);
      socket.on('error', end);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const cutAll = (): void => {
    for (const [client, upstream] of pairs) {
      client.destroy();
      upstream.destroy();
    }
  };
  return {
    port: (server.address() as AddressInfo).port,
    cutAnswerTo(text) {
      rule = { text: text.toLowerCase(), forward: true };
    },
    cutBefore(text) {
      rule = { text: text.toLowerCase(), forward: false };
    },
    muteAll() {
      for (const pair of pairs) muted.add(pair);
    },
    cutAll,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cutAll();
      }),
  };
}
