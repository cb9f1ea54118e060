import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';

/** One request as it goes out; `path` is appended to the base URL, path prefix and all. */
export interface GatewayRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** One signal for the whole exchange: connecting, headers, body. */
  readonly signal: AbortSignal;
}

/**
 * How far a request came when it failed. The line is drawn where the first byte could have left: on a connection that
 * was made for this request, nothing is written before it is connected (and, with TLS, before the certificate is
 * accepted); on one that is used again, writing comes at once.
 */
export interface TransportFailure {
  readonly kind: 'failed';
  readonly bytesMayHaveLeft: boolean;
  readonly certificate: boolean;
  /** A code such as ECONNREFUSED and a sentence; never a header, never the key. */
  readonly why: string;
}

export interface GatewayHead {
  readonly kind: 'head';
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: http.IncomingMessage;
}

export interface GatewayConnection {
  /** Resolves when the answer's head is here; its body is then read (or destroyed) by the caller. Never rejects. */
  open(request: GatewayRequest): Promise<GatewayHead | TransportFailure>;
  close(): void;
}

export interface GatewayConnectionOptions {
  readonly base: URL;
  readonly key: string;
  /** Sockets to the gateway at most; requests beyond it wait, and a request that only waited was not sent. */
  readonly socketsMax: number;
  /** Certificates to trust beside the machine's own, as PEM. */
  readonly ca?: string | Buffer;
}

/**
 * Connections to one gateway. node:http itself is used because it does just what is asked: no redirects, no proxy
 * variables, no second try of its own, and it says whether a socket is a fresh one.
 */
export function createGatewayConnection(options: GatewayConnectionOptions): GatewayConnection {
  const { base } = options;
  const secure = base.protocol === 'https:';
  const connected = new WeakSet<object>();
  const agent = createAgent(options, secure);
  const createConnection = agent.createConnection.bind(agent);
  agent.createConnection = (connectOptions, callback) => {
    const socket = createConnection(connectOptions, callback);
    socket?.once(secure ? 'secureConnect' : 'connect', () => connected.add(socket));
    return socket;
  };
  const prefix = base.pathname.replace(/\/+$/, '');

  function open(request: GatewayRequest): Promise<GatewayHead | TransportFailure> {
    return new Promise((resolve) => {
      let bytesMayHaveLeft = false;
      const body = request.body === undefined ? undefined : Buffer.from(request.body, 'utf8');
      const outgoing = (secure ? https : http).request({
        agent,
        protocol: base.protocol,
        hostname: base.hostname.replace(/^\[|\]$/g, ''),
        port: base.port === '' ? undefined : base.port,
        method: request.method,
        path: `${prefix}${request.path}`,
        headers: {
          authorization: `Bearer ${options.key}`,
          'accept-encoding': 'identity',
          ...(body && { 'content-type': 'application/json', 'content-length': body.byteLength }),
          ...request.headers,
        },
      });
      const fail = (error: unknown): void => {
        request.signal.removeEventListener('abort', onAbort);
        resolve({ kind: 'failed', bytesMayHaveLeft, certificate: isCertificateError(error), why: whyOf(error) });
      };
      const onAbort = (): void => {
        // Without an error: an answer that has come to its end has let go of its socket, and an error on a socket that
        // nobody listens to ends the process.
        outgoing.destroy();
        // A request that still waits for a free socket would hear of its end only when it got one.
        fail(new Error(reasonOf(request.signal)));
      };
      outgoing.on('error', fail);
      outgoing.on('upgrade', (_response, socket) => {
        socket.destroy();
        fail(new Error('the gateway answered with a change of protocol'));
      });
      outgoing.on('response', (response) => {
        // The signal goes on watching while the body is read.
        response.once('close', () => request.signal.removeEventListener('abort', onAbort));
        // Whoever reads the body gets the error; without a listener, one that comes before the reading ends the process.
        response.on('error', (error) => response.destroy(error));
        resolve({ kind: 'head', status: response.statusCode ?? 0, headers: response.headers, body: response });
      });
      outgoing.on('socket', (socket: Socket) => {
        const write = (): void => {
          if (outgoing.destroyed) return;
          bytesMayHaveLeft = true;
          outgoing.end(body);
        };
        if (connected.has(socket)) write();
        else socket.once(secure ? 'secureConnect' : 'connect', write);
      });
      if (request.signal.aborted) onAbort();
      else request.signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  return { open, close: () => agent.destroy() };
}

function createAgent(options: GatewayConnectionOptions, secure: boolean): http.Agent {
  // An agent of our own obeys no proxy variables of the environment. A socket that nobody uses is given up sooner (4 s) than servers commonly close it (5 s): a request that meets a
  // closing socket ends unclear, which costs a query.
  const shared = {
    keepAlive: true,
    maxSockets: options.socketsMax,
    maxFreeSockets: options.socketsMax,
    timeout: 4_000,
    scheduling: 'lifo',
  } as const;
  return secure
    ? new https.Agent({ ...shared, ...(options.ca !== undefined && { ca: options.ca }) })
    : new http.Agent(shared);
}

/** Why a signal ended an exchange. */
export function reasonOf(signal: AbortSignal): string {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? `${reason.name}: ${reason.message}` : String(reason);
}

/** The codes that OpenSSL and Node give to a certificate that is refused, by us or (in an alert) by the gateway. */
const CERTIFICATE_CODE =
  /^(ERR_TLS_CERT|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CRL_|ERROR_IN_C|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED)|ALERT_.*CERTIFICATE|ALERT_UNKNOWN_CA/;

function isCertificateError(error: unknown): boolean {
  const code = codeOf(error);
  return code !== null && CERTIFICATE_CODE.test(code);
}

function codeOf(error: unknown): string | null {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return null;
}

/** A sentence about a failure, for evidence and logs. */
export function whyOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const code = codeOf(error);
  return (code === null || message.includes(code) ? message : `${code}: ${message}`).slice(0, 300);
}
