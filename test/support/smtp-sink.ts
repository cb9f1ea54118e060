import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';

/** One mail as the server took it. */
export interface TakenMail {
  readonly from: string;
  readonly to: readonly string[];
  /** Headers and body, as they came. */
  readonly data: string;
  readonly user: string | null;
  readonly tls: boolean;
}

export interface SmtpSink {
  readonly port: number;
  readonly taken: TakenMail[];
  /** Verbs in the order in which they came, with what a test may look at. */
  readonly heard: string[];
  close(): Promise<void>;
}

export interface SmtpSinkOptions {
  readonly port?: number;
  /** With it STARTTLS is offered; with `tlsAtOnce` it is TLS from the first byte. */
  readonly certificate?: { readonly key: string; readonly cert: string };
  readonly tlsAtOnce?: boolean;
  /** Who may send. Default: everybody, and AUTH is not offered. */
  readonly login?: { readonly user: string; readonly password: string };
  /** Recipients that it does not know. */
  readonly unknownRecipients?: readonly string[];
}

/** A mail server as RFC 5321 has it, as far as one that sends needs: EHLO, STARTTLS, AUTH PLAIN and LOGIN, DATA. */
export async function givenSmtpSink(options: SmtpSinkOptions = {}): Promise<SmtpSink> {
  const taken: TakenMail[] = [];
  const heard: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    const first = options.tlsAtOnce === true ? secured(socket, options) : socket;
    converse(first, options, { taken, heard }, true);
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      for (const socket of sockets) socket.destroy();
      server.close(() => resolve());
    });
  onTestFinished(close);
  return { port: (server.address() as AddressInfo).port, taken, heard, close };
}

function secured(socket: Socket, { certificate }: SmtpSinkOptions): TLSSocket {
  if (certificate === undefined) throw new Error('TLS needs a certificate');
  return new TLSSocket(socket, { isServer: true, ...certificate });
}

function converse(
  socket: Socket | TLSSocket,
  options: SmtpSinkOptions,
  kept: { readonly taken: TakenMail[]; readonly heard: string[] },
  greets: boolean,
): void {
  const tls = socket instanceof TLSSocket;
  const say = (...lines: string[]) => socket.write(`${lines.join('\r\n')}\r\n`);
  let left = '';
  let user: string | null = null;
  let asked: 'user' | 'password' | null = null;
  let typed = '';
  let from = '';
  let to: string[] = [];
  let data: string[] | null = null;

  const judge = (name: string, password: string) => {
    asked = null;
    if (name !== options.login?.user || password !== options.login.password) {
      say('535 5.7.8 wrong, says a secret of the inside');
      return;
    }
    user = name;
    say('235 2.7.0 let in');
  };
  const text = (base64: string) => Buffer.from(base64, 'base64').toString('utf8');

  const take = (line: string): void => {
    if (data !== null) {
      if (line !== '.') {
        // A dot that begins a line was doubled by whoever sent it.
        data.push(line.startsWith('..') ? line.slice(1) : line);
        return;
      }
      kept.taken.push({ from, to, data: data.join('\r\n'), user, tls });
      data = null;
      say('250 2.0.0 taken');
      return;
    }
    if (asked === 'user') {
      typed = text(line);
      asked = 'password';
      say('334 UGFzc3dvcmQ6');
      return;
    }
    if (asked === 'password') {
      judge(typed, text(line));
      return;
    }
    const [verb = ''] = line.split(' ');
    kept.heard.push(verb.toUpperCase() === 'AUTH' ? line.split(' ').slice(0, 2).join(' ') : verb.toUpperCase());
    switch (verb.toUpperCase()) {
      case 'EHLO':
        say(
          '250-sink at your service',
          ...(options.certificate === undefined || tls ? [] : ['250-STARTTLS']),
          ...(options.login === undefined ? [] : ['250-AUTH PLAIN LOGIN']),
          '250 8BITMIME',
        );
        return;
      case 'STARTTLS':
        if (options.certificate === undefined) {
          say('502 5.5.1 not here');
          return;
        }
        say('220 2.0.0 go on');
        socket.removeAllListeners('data');
        converse(secured(socket, options), options, kept, false);
        return;
      case 'AUTH': {
        const [, mechanism, given] = line.split(' ');
        if (mechanism === 'LOGIN') {
          asked = 'user';
          say('334 VXNlcm5hbWU6');
          return;
        }
        const [, name = '', password = ''] = text(given ?? '').split('\0');
        judge(name, password);
        return;
      }
      case 'MAIL':
        if (options.login !== undefined && user === null) {
          say('530 5.7.0 log in first');
          return;
        }
        from = /<(.*)>/.exec(line)?.[1] ?? '';
        to = [];
        say('250 2.1.0 fine');
        return;
      case 'RCPT': {
        const one = /<(.*)>/.exec(line)?.[1] ?? '';
        if (options.unknownRecipients?.includes(one) === true) {
          say('550 5.1.1 nobody of that name');
          return;
        }
        to = [...to, one];
        say('250 2.1.5 fine');
        return;
      }
      case 'DATA':
        data = [];
        say('354 go on');
        return;
      case 'QUIT':
        say('221 2.0.0 goodbye');
        socket.end();
        return;
      default:
        say('250 2.0.0 fine');
    }
  };
  socket.on('data', (part: Buffer) => {
    left += part.toString('utf8');
    for (let at = left.indexOf('\r\n'); at >= 0; at = left.indexOf('\r\n')) {
      const line = left.slice(0, at);
      left = left.slice(at + 2);
      take(line);
    }
  });
  // Whoever sends may hang up when it likes: a refused handshake is one of the things that are looked at.
  socket.on('error', () => undefined);
  if (greets) say('220 sink.example ESMTP');
}
