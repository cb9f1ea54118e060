import http from 'node:http';
import { signCallback } from '../../../downstream/callback-signature.ts';
import type { BookEntry, NewCallback, StoredCallback } from './books-types.ts';
import { oppositeOf } from './compose-answer.ts';
import { statedAmount } from './debit-fate.ts';
import type { Dials } from './dials.ts';
import { hits } from './draw.ts';

/** What is odd about one callback. */
interface Manner {
  /** Signed with another secret. */
  readonly forged?: boolean;
  /** Signed as if it were three days old. */
  readonly old?: boolean;
  /** Sent once more after it was answered 200. */
  readonly twice?: boolean;
}

export interface CallbackPlan {
  readonly dials: Dials;
  readonly seed: number;
  readonly url: string | null;
  /** The debit's request waits for it: it goes out before the answer. */
  readonly when: 'accepted' | 'changed';
}

/** The callbacks that a final result gives rise to, chaos included. Pure. */
export function planCallbacks(entry: BookEntry, atMs: number, plan: CallbackPlan): NewCallback[] {
  const { dials, seed, url } = plan;
  const name = entry.requestNo;
  if (url === null || (plan.when === 'accepted' && !hits(dials.callbackForAllRate, seed, 'callback-for-all', name))) {
    return [];
  }
  const hit = (rate: number, salt: string): boolean => hits(rate, seed, salt, name);
  const truth = {
    requestNo: name,
    status: entry.status as string,
    code: entry.code,
    message: '',
    gatewayRef: entry.gatewayRef,
    amount: entry.amount === null ? null : statedAmount(dials, seed, name, entry.amount),
    currency: entry.currency,
  };
  const contradicts = entry.status === 'SUCCESS' && hit(dials.contradictionRate, 'contradiction');
  const said = contradicts && plan.when === 'changed' ? oppositeOf(truth) : truth;
  const make = (suffix: string, row: typeof truth, manner: Manner): NewCallback => {
    const event_id = `E-${entry.gatewayRef ?? name}-${entry.code}-${suffix}`;
    const { requestNo, status, code, gatewayRef, amount, currency } = row;
    const event = { eventId: event_id, requestNo, status, code, gatewayRef, amount, currency, occurredAt: atMs };
    const body = JSON.stringify(event);
    return { event_id, url, request_no: requestNo, body, manner: JSON.stringify(manner), nextAtMs: atMs };
  };
  const callbacks: NewCallback[] = [];
  if (hit(dials.callbackForgedRate, 'callback-forged'))
    callbacks.push(make('forged', oppositeOf(truth), { forged: true }));
  const old = hit(dials.callbackOldRate, 'callback-old');
  const twice = hit(dials.callbackTwiceRate, 'callback-twice');
  callbacks.push(make('final', said, { old, twice }));
  if (hit(dials.callbackOutOfOrderRate, 'callback-order')) {
    callbacks.push(make('earlier', { ...truth, status: 'PROCESSING', code: 'OK' }, {}));
  }
  return callbacks;
}

/** A forged callback is never answered 200 by an honest receiver; it is given up after this many. */
const FORGED_TRIES_MAX = 3;
const THREE_DAYS_MS = 3 * 86_400_000;

export interface CallbackOutcome {
  readonly id: number;
  readonly answered: boolean;
  readonly nextAtMs: number;
}

/** Sends one callback and says how it went; it never throws. */
export async function sendCallback(
  callback: StoredCallback,
  context: { secret: string; nowMs: number; retryMs: number; agent: http.Agent },
): Promise<CallbackOutcome> {
  const manner = JSON.parse(callback.manner) as Manner;
  const tMs = manner.old === true ? context.nowMs - THREE_DAYS_MS : context.nowMs;
  const secret = manner.forged === true ? `not-${context.secret}` : context.secret;
  const signature = signCallback(secret, tMs, callback.body);
  const status = await post(callback, signature, context.agent);
  const done = status === 200 && !(manner.twice === true && callback.tries === 0);
  const givenUp = manner.forged === true && callback.tries + 1 >= FORGED_TRIES_MAX;
  return { id: callback.id, answered: done || givenUp, nextAtMs: context.nowMs + context.retryMs };
}

/** The HTTP status, or 0 when there was none within five seconds. */
function post(callback: StoredCallback, signature: string, agent: http.Agent): Promise<number> {
  return new Promise((resolve) => {
    const request = http.request(callback.url, {
      method: 'POST',
      agent,
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(callback.body),
        'x-gateway-signature': signature,
      },
    });
    request.setTimeout(5_000, () => request.destroy(new Error('no answer in time')));
    request.on('error', () => resolve(0));
    request.on('response', (response) => {
      response.resume();
      response.on('error', () => resolve(0));
      response.on('end', () => resolve(response.statusCode ?? 0));
    });
    request.end(callback.body);
  });
}
