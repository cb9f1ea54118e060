import { createHmac } from 'node:crypto';
import { type Entry, GATEWAY_KEY, type HostileGateway } from './hostile-gateway.ts';

export interface Callback {
  readonly requestNo: string;
  readonly eventId?: string;
  readonly status?: string;
  readonly code?: string;
  readonly secret?: string;
  readonly tMs?: number;
  /** Sent as it stands instead of one that is made. */
  readonly signature?: string;
}

/** Calls back once: what a query would answer now, unless the callback says otherwise. Nobody listening is no error. */
export async function callBack(gateway: HostileGateway, callback: Callback): Promise<number | null> {
  if (gateway.callbackUrl === null) return null;
  const { requestNo, tMs = Date.now(), secret = GATEWAY_KEY } = callback;
  const entry: Entry = { ...gateway.books.query(requestNo) };
  const status = callback.status ?? entry.status;
  const body = JSON.stringify({
    eventId: callback.eventId ?? `E-${requestNo}-${status}`,
    requestNo,
    status,
    code: callback.code ?? entry.code,
    gatewayRef: entry.gatewayRef ?? null,
    amount: entry.amount ?? null,
    currency: entry.currency ?? null,
    occurredAt: Date.now(),
  });
  const hex = createHmac('sha256', secret).update(`${tMs}.${body}`).digest('hex');
  const signature = callback.signature ?? `t=${tMs},v1=${hex}`;
  try {
    const answer = await fetch(gateway.callbackUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-gateway-signature': signature },
      body,
    });
    gateway.callbackAnswers.push({ requestNo, signature: callback.signature ?? secret, status: answer.status });
    return answer.status;
  } catch {
    return null;
  }
}
