import type { ServerResponse } from 'node:http';
import { type Debit, type Entry, planOf, usualFate } from './gateway-books.ts';
import { type Callback, callBack } from './gateway-callbacks.ts';
import type { HostileGateway } from './hostile-gateway.ts';
import type { Scenario } from './hostile-night.ts';

/** Counts from 1 each time it is asked, and says whether this one is one of those that are to be lied to. */
const every = (nth: number, from = 0): (() => boolean) => {
  let n = from;
  return () => ++n % nth === 0;
};
const once = (): ((key: string) => boolean) => {
  const seen = new Set<string>();
  return (key) => !seen.has(key) && seen.add(key) !== undefined;
};
const unresolved = { ends: [3], untilCutOff: true } as const;
const whole = { ends: [0] } as const;

/** What a gateway does with answers, queries, voids and its own word. */
export const lyingGateways: Record<string, Scenario> = {
  'honest, for comparison': { ...whole, lies: () => ({}) },

  'every lie about what it did, one after the other': {
    ...whole,
    contracts: 60,
    lies: () => {
      const startedAtMs = Date.now();
      const asOther = (entry: Entry, more: object): Entry => ({ ...entry, ...more });
      const refused = { status: 'FAILED', code: 'ACCOUNT_CLOSED', gatewayRef: null };
      const lies: ((entries: readonly Entry[], gateway: HostileGateway) => readonly unknown[])[] = [
        (entries) => entries.slice(1),
        (entries) => [...entries, ...entries],
        (entries) => [...entries.map((entry) => asOther(entry, refused)), ...entries],
        (entries) => entries.map((entry) => asOther(entry, { amount: Number(entry.amount) + 1 })),
        (entries) => entries.map((entry) => asOther(entry, { amount: String(entry.amount) })),
        (entries) => entries.map((entry) => asOther(entry, { amount: Number(entry.amount) + 0.5 })),
        (entries) => entries.map((entry) => asOther(entry, { currency: 'XXX' })),
        (entries) => entries.map((entry) => asOther(entry, { gatewayRef: null })),
        (entries) => entries.map((entry) => asOther(entry, { status: 'FAILED', code: 'SYSTEM_BUSY' })),
        (entries) => entries.map((entry) => asOther(entry, { status: 'FAILED', code: 'DUPLICATE_MISMATCH' })),
        (entries) => entries.map((entry) => asOther(entry, { status: 'NOT_FOUND' })),
        (entries) => entries.map((entry) => asOther(entry, { requestNo: `${entry.requestNo}0` })),
        (entries, gateway) => [
          null,
          7,
          ...entries,
          ...[...gateway.books.known.keys()]
            .filter((requestNo) => !entries.some((entry) => entry.requestNo === requestNo))
            .map((requestNo) => ({ requestNo, ...refused })),
        ],
        () => [],
      ];
      return {
        capabilities: { batchMax: 4 },
        // A query lies for a while, and only about what it does not know: then it has to be believed in the end.
        say: ({ kind, n }, entries, gateway) =>
          kind === 'send'
            ? (lies[n % lies.length]?.(entries, gateway) ?? entries)
            : kind === 'query' && Date.now() - startedAtMs < 12_000
              ? entries.map(({ requestNo }) => ({ requestNo, status: 'NOT_FOUND', code: 'OK' }))
              : entries,
        answer: ({ kind, n }, _text, response) => kind === 'send' && n % 5 === 4 && cut(response),
      };
    },
  },
  'executes and loses the answer': {
    ...whole,
    lies: () => ({ answer: (asked, _text, response) => asked.kind === 'send' && asked.n % 2 === 0 && cut(response) }),
  },
  'executes and loses every answer to a send': {
    ...whole,
    lies: () => ({ answer: ({ kind }, _text, response) => kind === 'send' && cut(response) }),
  },
  'executes and never answers a send': {
    ...whole,
    lies: () => ({ answer: ({ kind }) => kind === 'send' }),
  },
  'answers 500 after executing': {
    ...whole,
    lies: () => ({ answer: ({ kind }, _text, response) => kind === 'send' && status(response, 500) }),
  },
  'answers 503 before executing': {
    ...whole,
    lies: () => ({ refuse: ({ kind, n }) => (kind === 'send' && n <= 3 ? { status: 503 } : undefined) }),
  },
  'answers 200, 204, 302 and 418 with nonsense': {
    ...whole,
    lies: () => ({
      answer: ({ kind, n }, _text, response) =>
        kind === 'send' && n <= 6 && status(response, [204, 302, 418, 200, 202, 409][n - 1] ?? 200, '{"results":{}}'),
    }),
  },
  'leaves entries out': {
    ...whole,
    lies: () => {
      const lost = every(3);
      return { say: ({ kind }, entries) => (kind === 'send' ? entries.filter(() => !lost()) : entries) };
    },
  },
  'leaves entries out of queries too': {
    ...whole,
    lies: () => {
      const lost = every(3);
      return { say: (_asked, entries) => entries.filter(() => !lost()) };
    },
  },
  'adds entries that nobody asked for': {
    ...whole,
    lies: () => ({
      say: (_asked, entries, gateway) => [
        {
          requestNo: 'daybreak.K1.1.R.1.1',
          status: 'SUCCESS',
          code: 'OK',
          gatewayRef: 'X',
          amount: 1,
          currency: 'CNY',
        },
        ...[...gateway.books.known.keys()]
          .map((requestNo) => ({ requestNo, status: 'FAILED', code: 'ACCOUNT_CLOSED' }))
          .filter(({ requestNo }) => !entries.some((entry) => entry.requestNo === requestNo)),
        ...entries,
        null,
        'text',
        { status: 'SUCCESS' },
      ],
    }),
  },
  'repeats entries, equal and different': {
    ...whole,
    lies: () => ({
      say: ({ kind, n }, entries) =>
        n % 2 === 0
          ? [...entries, ...entries]
          : kind === 'send'
            ? [...entries, ...entries.map((entry) => ({ ...entry, status: 'FAILED', code: 'ACCOUNT_CLOSED' }))]
            : entries,
    }),
  },
  'answers a send with another amount, and a query with the truth': {
    ...whole,
    lies: () => {
      const kinds = [
        (n: number) => n + 1,
        (n: number) => String(n),
        (n: number) => n + 0.5,
        () => null,
        (n: number) => -n,
      ];
      let at = 0;
      return {
        say: ({ kind }, entries) =>
          kind === 'send'
            ? entries.map((entry) => ({ ...entry, amount: kinds[at++ % kinds.length]?.(Number(entry.amount)) }))
            : entries,
      };
    },
  },
  'always answers with another amount or currency': {
    ends: [0],
    untilCutOff: true,
    lies: () => ({
      say: (_asked, entries) =>
        entries.map((entry) =>
          entry.status === 'SUCCESS'
            ? { ...entry, amount: String(entry.amount), currency: entry.currency === 'CNY' ? 'cny' : entry.currency }
            : entry,
        ),
    }),
  },
  'a SUCCESS without a reference, or with another code': {
    ...whole,
    lies: () => ({
      say: ({ kind, n }, entries) =>
        kind !== 'send'
          ? entries
          : entries.map((entry) => ({
              ...entry,
              ...(n % 3 === 0
                ? { gatewayRef: null }
                : n % 3 === 1
                  ? { code: 'INSUFFICIENT_FUNDS' }
                  : { gatewayRef: 7 }),
            })),
    }),
  },
  'NOT_FOUND, and a queue that executes seconds later': {
    ...whole,
    lies: () => {
      const first = once();
      return {
        fate: (debit) => (first(debit.requestNo) ? { ...usualFate(debit), queuedMs: 4_000 } : usualFate(debit)),
        answer: ({ kind }, _text, response) => kind === 'send' && cut(response),
      };
    },
  },
  'a queue that executes long after the visibility, without void': {
    ...whole,
    lies: () => {
      const first = once();
      return {
        capabilities: { void: false },
        fate: (debit) => (first(debit.requestNo) ? { ...usualFate(debit), queuedMs: 15_000 } : usualFate(debit)),
        answer: ({ kind, n }, _text, response) => kind === 'send' && n < 6 && cut(response),
      };
    },
  },
  'loses the request itself': {
    ...whole,
    lies: () => {
      const first = once();
      return {
        refuse: ({ kind, debits }) =>
          kind === 'send' && debits.some(({ requestNo }) => first(requestNo)) ? 'drop' : undefined,
      };
    },
  },
  'PROCESSING, final by query only': {
    ...whole,
    lies: () => ({ fate: (debit) => ({ ...usualFate(debit), afterMs: 3_000 }) }),
  },
  'PROCESSING, final by callback only': {
    ...whole,
    callbacks: true,
    lies: () => ({
      fate: (debit) => ({ ...usualFate(debit), afterMs: 2_000 }),
      say: ({ kind }, entries) => (kind === 'query' ? entries.map(asProcessing) : entries),
      afterSend: ({ debits }, gateway) => {
        for (const { requestNo } of debits) gateway.later(2_300, () => void callBack(gateway, { requestNo }));
      },
    }),
  },
  'PROCESSING for ever, final only in the settlement file': {
    ends: [0, 3],
    untilCutOff: true,
    lies: () => ({
      fate: (debit) => ({ ...usualFate(debit), afterMs: 1_000 }),
      say: (_asked, entries) => entries.map(asProcessing),
    }),
  },
  'PROCESSING for ever': {
    ...unresolved,
    lies: () => ({
      fate: (debit) => (planOf(debit.requestNo).number % 2 === 0 ? { ...usualFate(debit), afterMs: null } : undefined),
    }),
  },
  'PROCESSING, and executed after the cut-off': {
    ends: [0, 3, 4],
    untilCutOff: true,
    lies: () => ({
      fate: (debit) => ({ ...usualFate(debit), afterMs: planOf(debit.requestNo).number % 4 === 1 ? 95_000 : 0 }),
    }),
  },
  'callbacks doubled, reordered, and before the answer': {
    ...whole,
    callbacks: true,
    lies: () => ({
      fate: (debit) => ({ ...usualFate(debit), afterMs: 300 }),
      afterSend: ({ debits }, gateway) => {
        for (const { requestNo } of [...debits].reverse()) {
          void callBack(gateway, { requestNo });
          for (const ms of [350, 350, 900, 2_500]) gateway.later(ms, () => void callBack(gateway, { requestNo }));
        }
      },
      answer: ({ kind }, text, response, gateway) => {
        if (kind === 'send') gateway.later(600, () => response.end(text));
        return kind === 'send';
      },
    }),
  },
  'forged callbacks': {
    ...whole,
    callbacks: true,
    lies: () => ({
      fate: (debit) => ({ ...usualFate(debit), afterMs: 1_500 }),
      afterSend: ({ debits }, gateway) => {
        const forged: Callback[] = [
          { secret: 'another secret' },
          { tMs: Date.now() - 3 * 86_400_000 },
          { signature: 'none' },
          { signature: '' },
          { secret: '' },
        ].map((one) => ({ ...one, requestNo: '', status: 'FAILED', code: 'ACCOUNT_CLOSED' }));
        for (const { requestNo } of debits) {
          for (const one of forged) gateway.later(200, () => void callBack(gateway, { ...one, requestNo }));
          gateway.later(250, () => void callBack(gateway, { requestNo: `${requestNo}0`, status: 'SUCCESS' }));
        }
      },
    }),
  },
  'a storm of 429': {
    ...whole,
    lies: () => ({
      refuse: ({ kind, n }) =>
        kind !== 'capabilities' && kind !== 'file' && n % 3 !== 0
          ? { status: 429, headers: n % 2 === 0 ? { 'retry-after': '1' } : {} }
          : undefined,
    }),
  },
  'lets one request through in a minute': {
    ends: [3],
    untilCutOff: true,
    contracts: 4,
    lies: () => ({ capabilities: { maxRequestsPerSecond: 0.02 } }),
  },
  'asks for a year of patience': {
    ends: [3],
    untilCutOff: true,
    lies: () => ({
      refuse: ({ kind, n }) =>
        kind === 'send' && n === 2 ? { status: 429, headers: { 'retry-after': '31536000' } } : undefined,
    }),
  },
  'executes, loses answers, and sees us killed three times': {
    ...whole,
    contracts: 60,
    killedAfterSends: [2, 5, 9],
    lies: () => ({
      capabilities: { batchMax: 5, maxRequestsPerSecond: 20 },
      answer: ({ kind, n }, _text, response) => kind === 'send' && n % 2 === 1 && cut(response),
    }),
  },
  'a queue that executes later, while we are killed': {
    ...whole,
    contracts: 20,
    killedAfterSends: [1, 3, 6],
    lies: () => {
      const first = once();
      return {
        capabilities: { batchMax: 4 },
        fate: (debit) => (first(debit.requestNo) ? { ...usualFate(debit), queuedMs: 12_000 } : usualFate(debit)),
        answer: ({ kind, n }, _text, response) => kind === 'send' && n < 8 && cut(response),
      };
    },
  },
  'is slow, and we are killed between its work and its answer': {
    ...whole,
    contracts: 20,
    killedAfterSends: [1, 2, 3, 4],
    lies: () => ({
      answer: ({ kind }, text, response, gateway) => {
        if (kind === 'send') gateway.later(400, () => response.end(text));
        return kind === 'send';
      },
    }),
  },
  'half of all calls fail for twenty seconds': {
    ...whole,
    lies: () => {
      const startedAtMs = Date.now();
      let n = 0;
      return {
        refuse: ({ kind }) =>
          kind !== 'capabilities' && Date.now() - startedAtMs < 20_000 && ++n % 2 === 0 ? { status: 502 } : undefined,
      };
    },
  },
  'refuses our credentials in the middle': {
    ...whole,
    lies: () => {
      let [sends, from] = [0, 0];
      return {
        refuse: ({ kind }) => {
          if (kind === 'send' && ++sends === 2) from = Date.now();
          return from > 0 && Date.now() - from < 5_000 ? { status: sends % 2 === 0 ? 401 : 403 } : undefined;
        },
      };
    },
  },
  'executes, and then refuses our credentials': {
    ...whole,
    lies: () => ({ answer: ({ kind, n }, _text, response) => kind === 'send' && n <= 2 && status(response, 401) }),
  },
  'a clock that is an hour ahead': { ...whole, lies: () => ({ clockMs: 3_600_000 }) },
  'a clock that is an hour behind': { ...whole, lies: () => ({ clockMs: -3_600_000 }) },
  'a clock an hour ahead, and answers that are lost': {
    ...whole,
    lies: () => {
      const first = once();
      return {
        clockMs: 3_600_000,
        refuse: ({ kind, debits }) =>
          kind === 'send' && debits.some(({ requestNo }) => first(requestNo)) ? 'drop' : undefined,
      };
    },
  },
  'a clock an hour ahead that no Date header shows': {
    ends: [0, 3],
    untilCutOff: true,
    lies: () => ({
      clockMs: 3_600_000,
      answer: (_asked, text, response) => {
        response.removeHeader('date');
        response.end(text);
        return true;
      },
    }),
  },
  'EXPIRED for all that arrives in the first seconds': {
    ...whole,
    lies: () => {
      const startedAtMs = Date.now();
      return { ...expiring(() => Date.now() - startedAtMs < 6_000) };
    },
  },
  'loses the answer, then says EXPIRED to whoever sends it again': {
    ends: [0, 3],
    untilCutOff: true,
    lies: () => {
      const first = once();
      const hidden = new Set<string>();
      return {
        fate: (debit) => ({ ...usualFate(debit), visibleAfterMs: 25_000 }),
        say: ({ kind }, entries) =>
          kind !== 'send'
            ? entries
            : entries.map((entry) => {
                if (first(entry.requestNo)) return entry;
                hidden.add(entry.requestNo);
                return {
                  requestNo: entry.requestNo,
                  status: 'FAILED',
                  code: hidden.size % 2 === 0 ? 'EXPIRED' : 'DUPLICATE_MISMATCH',
                };
              }),
        answer: ({ kind, n }, _text, response) => kind === 'send' && n < 4 && cut(response),
      };
    },
  },
  'forgets keys after twenty seconds': {
    ends: [0, 3],
    untilCutOff: true,
    lies: () => {
      const first = once();
      return {
        capabilities: { keyLifetimeMs: 20_000 },
        refuse: ({ kind, n }) => (kind === 'query' && n < 12 ? { status: 500 } : undefined),
        answer: ({ kind, requestNos, debits }, _text, response) =>
          kind === 'send' &&
          (debits.some(({ requestNo }) => first(requestNo)) || requestNos.length > 0) &&
          cut(response),
      };
    },
  },
  'forgets keys after twelve seconds, is slow to answer, and limits the rate': {
    ends: [0, 3],
    untilCutOff: true,
    lies: () => {
      const first = once();
      return {
        capabilities: { keyLifetimeMs: 12_000, visibilityMs: 1_500, maxRequestsPerSecond: 4 },
        refuse: ({ kind, n }) =>
          kind === 'void' || (kind === 'query' && n % 2 === 0)
            ? { status: 429, headers: { 'retry-after': '5' } }
            : undefined,
        say: ({ kind }, entries) =>
          kind === 'query' ? entries.map(({ requestNo }) => ({ requestNo, status: 'NOT_FOUND', code: 'OK' })) : entries,
        answer: ({ kind, debits }, _text, response) =>
          kind === 'send' && debits.some(({ requestNo }) => first(requestNo)) && cut(response),
      };
    },
  },
  'forgets keys, and then voids what it had executed': {
    ends: [0, 3],
    untilCutOff: true,
    lies: () => ({
      capabilities: { keyLifetimeMs: 14_000, visibilityMs: 500 },
      say: ({ kind }, entries) =>
        kind === 'query' ? entries.map(({ requestNo }) => ({ requestNo, status: 'NOT_FOUND', code: 'OK' })) : entries,
      answer: ({ kind }, text, response, gateway) => {
        if (kind === 'send') return cut(response);
        if (kind !== 'void') return false;
        gateway.later(650, () => response.end(text));
        return true;
      },
    }),
  },
  'remembers a key for no time at all': {
    ends: [0, 3],
    untilCutOff: true,
    lies: () => ({ capabilities: { keyLifetimeMs: 0 } }),
  },
  'void is refused, and answers SUCCESS for what it executed': {
    ends: [0, 3],
    untilCutOff: true,
    lies: () => ({
      fate: (debit) => ({ ...usualFate(debit), visibleAfterMs: 20_000 }),
      capabilities: { keyLifetimeMs: 30_000 },
      refuse: ({ kind, n }) => (kind === 'void' && n % 2 === 1 ? { status: 405 } : undefined),
      answer: ({ kind }, _text, response) => kind === 'send' && cut(response),
    }),
  },
  'takes one debit at a time': { ...whole, contracts: 10, lies: () => ({ capabilities: { batchMax: 1 } }) },
  'cannot void, and loses answers': {
    ...whole,
    lies: () => ({
      capabilities: { void: false },
      answer: ({ kind, n }, _text, response) => kind === 'send' && n % 2 === 0 && cut(response),
    }),
  },
  'FAILED with codes that nobody knows': {
    ...whole,
    lies: () => ({
      fate: (debit) =>
        planOf(debit.requestNo).number % 3 === 0 ? { status: 'FAILED', code: 'RISK_DECLINED' } : usualFate(debit),
    }),
  },
  'FAILED with codes that nobody knows, without void': {
    ...whole,
    lies: () => ({
      capabilities: { void: false },
      fate: (debit) =>
        planOf(debit.requestNo).number % 3 === 0 ? { status: 'FAILED', code: 'RISK_DECLINED' } : usualFate(debit),
    }),
  },
  'says FAILED with an unknown code to what it executed': {
    ...whole,
    lies: () => ({
      say: ({ kind }, entries) =>
        kind === 'send' ? entries.map((entry) => ({ ...entry, status: 'FAILED', code: 'SYSTEM_BUSY' })) : entries,
    }),
  },
  'says FAILED, and the callback says SUCCESS': {
    ends: [4],
    // Where the callback is there before the principal is looked at, that one waits for people until the cut-off.
    untilCutOff: true,
    callbacks: true,
    allowed: { stateMayDiffer: true },
    lies: () => ({
      say: ({ kind }, entries) =>
        kind === 'send'
          ? entries.map((entry) =>
              planOf(entry.requestNo).number === 2
                ? { ...entry, status: 'FAILED', code: 'ACCOUNT_CLOSED', gatewayRef: null }
                : entry,
            )
          : entries,
      afterSend: ({ debits }, gateway) => {
        for (const { requestNo } of debits) gateway.later(500, () => void callBack(gateway, { requestNo }));
      },
    }),
  },
  'works every arrival anew, and loses answers': {
    ends: [4],
    contracts: 6,
    allowed: { doubleExecutions: true },
    lies: () => ({
      ignoresKeys: true,
      fate: (debit) => ({ ...usualFate(debit), visibleAfterMs: 12_000 }),
      answer: ({ kind, n }, _text, response) => kind === 'send' && n < 4 && cut(response),
    }),
  },
};

const asProcessing = (entry: Entry): Entry =>
  entry.status === 'NOT_FOUND' || entry.status === 'VOIDED'
    ? entry
    : { ...entry, status: 'PROCESSING', code: 'OK', gatewayRef: null };

function expiring(isOn: () => boolean) {
  return {
    fate: (debit: Debit) => (isOn() ? { status: 'FAILED' as const, code: 'EXPIRED' } : usualFate(debit)),
  };
}

export function cut(response: ServerResponse): true {
  response.socket?.destroy();
  return true;
}

export function status(response: ServerResponse, code: number, body = ''): true {
  response.writeHead(code);
  response.end(code === 204 ? undefined : body);
  return true;
}
