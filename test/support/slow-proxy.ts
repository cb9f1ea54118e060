import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP proxy on loopback whose server seems slow: each answer is held back for `delayMs`, in order. */
export interface SlowProxy {
  readonly port: number;
  delayMs: number;
  close(): Promise<void>;
}

export async function createSlowProxy(target: { host: string; port: number }): Promise<SlowProxy> {
  const sockets = new Set<Socket>();
  const proxy = { delayMs: 0 };
  const server = createServer((client) => {
    const upstream = connect(target);
    const end = (): void => {
      for (const socket of [client, upstream]) {
        sockets.delete(socket);
        socket.destroy();
      }
    };
    client.on('data', (chunk) => upstream.write(chunk));
    let before = Promise.resolve();
    upstream.on('data', (chunk) => {
      const held =
        proxy.delayMs === 0 ? Promise.resolve() : new Promise<void>((done) => setTimeout(done, proxy.delayMs));
      before = Promise.all([before, held]).then(() => void (client.destroyed || client.write(chunk)));
    });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('close', end);
      socket.on('error', end);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(proxy, {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  });
}
