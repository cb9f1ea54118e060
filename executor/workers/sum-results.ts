import type { HandlerResult, JsonValue } from '../handler/handler-context.ts';

/**
 * One result of those of several processes that shared one attempt: numbers are added up, objects key by key, lists go
 * one behind the other; of anything else the first that is there is kept. Pure.
 */
export function sumResults(results: readonly HandlerResult[]): HandlerResult {
  return results.reduce<HandlerResult>((sum, result) => (result === undefined ? sum : add(sum, result)), undefined);
}

function add(one: HandlerResult, other: JsonValue): JsonValue {
  if (one === undefined || one === null) return other;
  if (typeof one === 'number' && typeof other === 'number') return one + other;
  if (Array.isArray(one) && Array.isArray(other)) return [...one, ...other];
  if (!isRecord(one) || !isRecord(other)) return one;
  const sum: Record<string, JsonValue> = { ...one };
  for (const [key, value] of Object.entries(other)) sum[key] = add(one[key], value);
  return sum;
}

const isRecord = (value: JsonValue): value is { readonly [key: string]: JsonValue } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
