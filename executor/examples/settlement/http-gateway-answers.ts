import type { AnswerEntry } from '../../downstream/define-downstream.ts';
import { parseGatewayJson } from './http-gateway-json.ts';

export type ReadAnswer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string };

/**
 * `{"results":[...]}` as entries. Only the fields that the contract names are taken, and only from the object itself:
 * a name such as `__proto__` is data like any other. What is no object is dropped; it stays in the raw answer.
 */
export function readEntries(text: string): ReadAnswer<readonly AnswerEntry[]> {
  const parsed = parseGatewayJson(text);
  if (!parsed.ok) return parsed;
  if (!isRecord(parsed.value) || !Object.hasOwn(parsed.value, 'results') || !Array.isArray(parsed.value.results)) {
    return { ok: false, why: 'the answer is JSON, but not {"results":[...]}' };
  }
  const results: readonly unknown[] = parsed.value.results;
  return { ok: true, value: results.filter(isRecord).map(entryOf) };
}

export function readObject(text: string): ReadAnswer<Readonly<Record<string, unknown>>> {
  const parsed = parseGatewayJson(text);
  if (!parsed.ok) return parsed;
  return isRecord(parsed.value)
    ? { ok: true, value: parsed.value }
    : { ok: false, why: 'the answer is JSON, but no object' };
}

function entryOf(entry: Readonly<Record<string, unknown>>): AnswerEntry {
  const own = (name: string): unknown => (Object.hasOwn(entry, name) ? entry[name] : undefined);
  return {
    requestNo: own('requestNo'),
    status: own('status'),
    code: own('code'),
    message: own('message'),
    gatewayRef: own('gatewayRef'),
    amount: own('amount'),
    currency: own('currency'),
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
