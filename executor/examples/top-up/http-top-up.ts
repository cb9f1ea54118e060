import { type DebitJob, defineDownstream, type Exchange, type SettledItem } from '../../index.ts';

/**
 * Another downstream in sixty lines: a telephone company that takes one top-up per request, can be asked what became
 * of it, and has neither a void nor batches nor a settlement file. The protocol is the engine's; this only says how
 * to reach the company and which rows are due.
 * @example
 * const downstream = topUpDownstream({ url: 'http://127.0.0.1:8080', paid: (item) => console.log(item.requestNo) });
 * const engine = createMoneyEngine({ store, downstream, jobs: [topUps], book, runtime, logger, metrics });
 */
export function topUpDownstream(options: { url: string; paid: (item: SettledItem) => void }) {
  async function exchange<T>(path: string, init: RequestInit, read: (body: unknown) => T): Promise<Exchange<T>> {
    const response = await fetch(options.url + path, { ...init, redirect: 'error' }).catch((error: unknown) => error);
    // Nothing tells here whether a byte had left: unclear, never "not sent".
    if (!(response instanceof Response)) return { kind: 'unclear', why: String(response), status: null, raw: '' };
    const raw = await response.text();
    const { status } = response;
    if (status === 401 || status === 403) return { kind: 'credentials', why: `${status}`, status, raw };
    if (status !== 200) return { kind: 'unclear', why: `status ${status}`, status, raw };
    return {
      kind: 'answered',
      value: read(JSON.parse(raw)),
      raw,
      dateMs: Date.parse(response.headers.get('date') ?? ''),
    };
  }
  const one = (body: unknown) => [body as { requestNo: unknown; status: unknown; code: unknown }];
  return defineDownstream({
    name: 'top-up',
    origin: options.url,
    capabilities: (signal) =>
      exchange('/limits', { signal }, (body) => ({
        batchMax: 1,
        maxRequestsPerSecond: (body as { perSecond: number }).perSecond,
        visibilityMs: 1_000,
        keyLifetimeMs: 86_400_000,
        void: false,
      })),
    send: ([topUp], signal) =>
      exchange(`/top-ups/${topUp?.requestNo}`, { method: 'PUT', body: JSON.stringify(topUp), signal }, one),
    query: ([requestNo], signal) => exchange(`/top-ups/${requestNo}`, { signal }, one),
    onSettled: async (item, outcome, tx) => {
      await tx.run('update top_up set state = ? where id = ?', [outcome.state, item.subject]);
    },
    afterSettled: async (item) => options.paid(item),
  });
}

/** Each row of `top_up` once, whatever day it is: a presentation is always the first. */
export const topUps: DebitJob = {
  name: 'top-ups',
  group: 'TOP_UP',
  requestNo: (reference, presentation, attempt) => `demo.${reference}.${presentation}.${attempt}`,
  highWater: async (db) => (await db.get<{ n: number | null }>('select max(id) as n from top_up'))?.n ?? 0,
  count: async (db) => (await db.get<{ n: number }>(`select count(*) as n from top_up where state = 'NEW'`))?.n ?? 0,
  selectPage: async (db, { afterSubject, highWater, limit }) =>
    db.all(
      `select id as subject, cents as amountMinor, 'CNY' as currency, 1 as presentation from top_up
       where id > ? and id <= ? and state = 'NEW' order by id limit ${limit}`,
      [afterSubject, highWater],
    ),
  details: async (db, { runId, sliceNo, fromSeq, toSeq }) =>
    db.all(
      `select i.seq, i.subject, 'T' || t.id as reference, t.phone as accountNo from item i join top_up t on t.id = i.subject
       where i.run_id = ? and i.slice_no = ? and i.seq >= ? and i.seq <= ? order by i.seq`,
      [runId, sliceNo, fromSeq, toSeq],
    ),
};
