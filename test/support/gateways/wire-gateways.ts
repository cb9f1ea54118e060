import type { ServerResponse } from 'node:http';
import type { Asked, HostileGateway, Lies } from './hostile-gateway.ts';
import type { Scenario } from './hostile-night.ts';

const whole = { ends: [0] } as const;
/** Sends get the lie, everything else the truth: what is unclear is cleared up by asking. */
const toSends = (lie: (text: string, response: ServerResponse, gateway: HostileGateway, n: number) => void): Lies => ({
  answer: ({ kind, n }, text, response, gateway) => {
    if (kind !== 'send') return false;
    lie(text, response, gateway, n);
    return true;
  },
});
const raw = (response: ServerResponse, head: string, body: string | Buffer, end = true): void => {
  const { socket } = response;
  socket?.write(`${head}\r\n\r\n`);
  socket?.write(body);
  if (end) socket?.end();
};

/** Answers that HTTP or JSON make hard to take for what they are. */
export const wireGateways: Record<string, Scenario> = {
  'every broken answer, one after the other': {
    ...whole,
    contracts: 50,
    lies: () => {
      const half = (text: string): string => text.slice(0, text.length / 2);
      const lies: ((text: string, response: ServerResponse, gateway: HostileGateway) => void)[] = [
        (_text, response) => void response.socket?.destroy(),
        () => undefined,
        (text, response) => response.end(half(text)),
        (text, response) => raw(response, 'HTTP/1.0 200 OK', half(text)),
        (text, response) => raw(response, 'HTTP/1.0 200 OK', text),
        (text, response) => raw(response, `HTTP/1.1 200 OK\r\ncontent-length: ${text.length + 9}`, text),
        (text, response, gateway) => {
          response.write(text);
          gateway.later(20, () => response.socket?.destroy());
        },
        (text, response) => response.end(text.replaceAll('"status"', '"status":"FAILED","status"')),
        (text, response) => response.end(text.replace(/"amount":(\d+)/g, '"amount":$1.00000000000000000001')),
        (text, response) => response.end(Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')])),
        (text, response) => response.end(text.replaceAll('"message":""', '"message":"\\u0000\\u001b[2J\\ud800"')),
        (text, response) => {
          response.writeHead(500);
          response.end(text);
        },
        (_text, response) => raw(response, 'HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4', 'nope'),
        (_text, response) => raw(response, 'no HTTP at all', ''),
      ];
      return {
        capabilities: { batchMax: 4 },
        ...toSends((text, response, gateway, n) => lies[n % lies.length]?.(text, response, gateway)),
      };
    },
  },
  'answers byte by byte': {
    ...whole,
    lies: () =>
      toSends((text, response, gateway) => {
        let at = 0;
        const drip = (): void => {
          if (response.destroyed || at >= text.length) {
            response.end();
            return;
          }
          response.write(text[at++]);
          gateway.later(40, drip);
        };
        drip();
      }),
  },
  'a gigantic message in every entry': {
    ...whole,
    contracts: 6,
    timeoutMs: 5_000,
    lies: () => ({
      say: ({ kind }, entries) =>
        kind === 'send' ? entries.map((entry) => ({ ...entry, message: 'x'.repeat(3_000_000) })) : entries,
    }),
  },
  'an answer that never ends': {
    ...whole,
    lies: () =>
      toSends((text, response, gateway) => {
        response.write(text.slice(0, -1));
        const pour = (): void => {
          if (response.destroyed) return;
          response.write(' '.repeat(500_000));
          gateway.later(50, pour);
        };
        pour();
      }),
  },
  'invalid UTF-8, NUL and escape sequences': {
    ...whole,
    lies: () => ({
      ...toSends((text, response, _gateway, n) => {
        const bytes = Buffer.from(text);
        if (n === 1) bytes[bytes.indexOf('"message":"') + 9] = 0xff;
        response.end(n === 2 ? text.replaceAll('"message":""', '"message":"\\u0000\\u001b[2J\\ud800<script>"') : bytes);
      }),
    }),
  },
  'references with markup, quotes and control characters': {
    ...whole,
    lies: () => {
      const odd = (ref: unknown): string => `<b>"${ref}",\u001b[31m'=1+1`;
      return {
        say: (_asked, entries) =>
          entries.map((entry) =>
            entry.status === 'SUCCESS' ? { ...entry, gatewayRef: odd(entry.gatewayRef) } : entry,
          ),
        file: (_asked, lines) =>
          `gateway_ref,request_no,account_no,currency,amount,settled_at\n${lines
            .map((line) => `${line.replace(/^([^,]*)/, (_all, ref) => `"${odd(ref).replaceAll('"', '""')}"`)}\n`)
            .join('')}TRAILER,${lines.length}\n`,
      };
    },
  },
  'chunked answers that are cut': {
    ...whole,
    lies: () =>
      toSends((text, response, gateway, n) => {
        response.write(n % 2 === 0 ? text : text.slice(0, text.length / 2));
        gateway.later(30, () => response.socket?.destroy());
      }),
  },
  'a content-length that lies': {
    ...whole,
    lies: () =>
      toSends((text, response, _gateway, n) => {
        const length = Buffer.byteLength(text) + ([40, -40, 0][n % 3] ?? 0);
        raw(response, `HTTP/1.1 200 OK\r\ncontent-length: ${length}`, text);
      }),
  },
  'HTTP/1.0 without a length': {
    ...whole,
    lies: () => ({
      answer: (_asked: Asked, text: string, response: ServerResponse) => {
        raw(response, 'HTTP/1.0 200 OK', text);
        return true;
      },
    }),
  },
  'HTTP/1.0 that ends too early': {
    ...whole,
    lies: () => toSends((text, response) => raw(response, 'HTTP/1.0 200 OK', text.slice(0, text.length / 2))),
  },
  'two answers in one': {
    ...whole,
    lies: () =>
      toSends((text, response) => {
        const lie = text.replaceAll('SUCCESS', 'FAILED').replaceAll('"OK"', '"ACCOUNT_CLOSED"');
        const one = (body: string): string =>
          `HTTP/1.1 200 OK\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
        response.socket?.write(one(text) + one(lie));
      }),
  },
  'JSON with a name twice, and numbers that round': {
    ...whole,
    lies: () =>
      toSends((text, response, _gateway, n) => {
        response.end(
          n % 2 === 0
            ? text.replaceAll('"status":"SUCCESS"', '"status":"SUCCESS","status":"FAILED"')
            : text.replace(/"amount":(\d+)/g, '"amount":$1.00000000000000000001'),
        );
      }),
  },
  'keep-alive connections that are closed at random': {
    ...whole,
    contracts: 30,
    lies: () => {
      let n = 0;
      return {
        refuse: ({ socket }, gateway) => {
          if (++n % 3 === 0) gateway.later(n % 7, () => socket.destroy());
          return undefined;
        },
      };
    },
  },
  'informational answers and redirects first': {
    ...whole,
    lies: () =>
      toSends((text, response, gateway, n) => {
        if (n % 2 === 0) {
          response.writeHead(307, { location: `${gateway.url}/v1/debits` });
          response.end();
          return;
        }
        response.writeProcessing();
        response.end(text);
      }),
  },
};

const away = async (gateway: HostileGateway, forMs: number): Promise<void> => {
  const { port } = gateway;
  await gateway.goAway();
  gateway.later(forMs, () => void gateway.listen(port));
};
/** Waits for the n-th send, then does it. */
const atSend = (gateway: HostileGateway, n: number, work: () => void): void => {
  const look = (): void => {
    if (gateway.log.some((asked) => asked.kind === 'send' && asked.n >= n)) work();
    else gateway.later(20, look);
  };
  look();
};

/** Gateways that are not there. */
export const absentGateways: Record<string, Scenario> = {
  'away for ten seconds at the start': {
    ...whole,
    meanwhile: (gateway) => void away(gateway, 10_000),
    lies: () => ({}),
  },
  'away for twelve seconds in the middle': {
    ...whole,
    contracts: 40,
    meanwhile: (gateway) => atSend(gateway, 3, () => void away(gateway, 12_000)),
    lies: () => ({ capabilities: { maxRequestsPerSecond: 10 } }),
  },
  'away for good in the middle': {
    ends: [4],
    untilCutOff: true,
    contracts: 40,
    meanwhile: (gateway) => atSend(gateway, 3, () => void gateway.goAway()),
    lies: () => ({ capabilities: { maxRequestsPerSecond: 10 } }),
  },
  'away at the end, for the files': {
    ...whole,
    meanwhile: (gateway) => atSend(gateway, 2, () => gateway.later(1_500, () => void away(gateway, 8_000))),
    lies: () => ({ refuse: ({ kind, n }) => (kind === 'file' && n === 1 ? 'drop' : undefined) }),
  },
  'its query endpoint is down all night': {
    ends: [0, 3],
    untilCutOff: true,
    lies: () => ({
      refuse: ({ kind }) => (kind === 'query' ? { status: 500 } : undefined),
      answer: ({ kind, n }, _text, response) => {
        if (kind === 'send' && n === 2) response.socket?.destroy();
        return kind === 'send' && n === 2;
      },
    }),
  },
};

const wrong = (capabilities: Record<string, unknown>): Scenario => ({ ends: [2], lies: () => ({ capabilities }) });
/** Capabilities that cannot be: exit 2 naming the field, nothing sent. */
export const incapableGateways: Record<string, Scenario> = {
  'batchMax 0': wrong({ batchMax: 0 }),
  'batchMax 1.5': wrong({ batchMax: 1.5 }),
  'batchMax missing': wrong({ batchMax: undefined }),
  'batchMax as text': wrong({ batchMax: '10' }),
  'maxRequestsPerSecond 0': wrong({ maxRequestsPerSecond: 0 }),
  'maxRequestsPerSecond -1': wrong({ maxRequestsPerSecond: -1 }),
  'maxRequestsPerSecond null': wrong({ maxRequestsPerSecond: null }),
  'visibilityMs -1': wrong({ visibilityMs: -1 }),
  'visibilityMs missing': wrong({ visibilityMs: undefined }),
  'keyLifetimeMs 0.5': wrong({ keyLifetimeMs: 0.5 }),
  'keyLifetimeMs -5': wrong({ keyLifetimeMs: -5 }),
  'void "yes"': wrong({ void: 'yes' }),
  'void missing': wrong({ void: undefined }),
};
