import type { AnswerEntry } from './define-downstream.ts';

/** What a callback says (pure); whether to believe it is its signature's business. */
export interface CallbackEvent {
  readonly eventId: string;
  readonly requestNo: string;
  readonly entry: AnswerEntry;
}

export function parseCallback(rawBody: Buffer): CallbackEvent | null {
  const value = parseJson(rawBody);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const fields = new Map(Object.entries(value));
  const eventId = fields.get('eventId');
  const requestNo = fields.get('requestNo');
  if (typeof eventId !== 'string' || eventId === '' || eventId.length > 128) return null;
  if (typeof requestNo !== 'string' || requestNo === '') return null;
  const entry: AnswerEntry = {
    requestNo,
    status: fields.get('status'),
    code: fields.get('code'),
    gatewayRef: fields.get('gatewayRef'),
    amount: fields.get('amount'),
    currency: fields.get('currency'),
  };
  return { eventId, requestNo, entry };
}

function parseJson(rawBody: Buffer): unknown {
  try {
    return JSON.parse(rawBody.toString('utf8'));
  } catch {
    return null;
  }
}
