import type { ArrivedDebit } from './books-types.ts';

/** A request that the contract does not have: answered 400 with this sentence. */
export class BadRequest extends Error {}

/** @throws BadRequest */
export function readDebits(body: string, batchMax: number): ArrivedDebit[] {
  const debits = listOf(body, 'debits', batchMax);
  for (const [at, debit] of debits.entries()) {
    const why = faultOf(debit);
    if (why !== null) throw new BadRequest(`debits[${at}]: ${why}`);
  }
  return debits as ArrivedDebit[];
}

/** @throws BadRequest */
export function readRequestNos(body: string, batchMax: number): string[] {
  const requestNos = listOf(body, 'requestNos', batchMax);
  if (!requestNos.every(isRequestNo)) throw new BadRequest('requestNos: texts of 1 to 64 characters are wanted');
  return requestNos as string[];
}

function listOf(body: string, name: string, batchMax: number): unknown[] {
  const parsed = parse(body);
  const list = typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>)[name] : undefined;
  if (!Array.isArray(list)) throw new BadRequest(`a JSON object with a list "${name}" is wanted`);
  if (list.length > batchMax) throw new BadRequest(`${name}: ${list.length} entries, at most ${batchMax} are allowed`);
  return list;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new BadRequest(`the body is no JSON: ${error instanceof Error ? error.message : 'unreadable'}`);
  }
}

function faultOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return 'an object is wanted';
  const { requestNo, accountNo, amount, currency, expireAt } = value as Record<string, unknown>;
  if (!isRequestNo(requestNo)) return 'requestNo: a text of 1 to 64 characters is wanted';
  if (typeof accountNo !== 'string' || accountNo === '') return 'accountNo: a text is wanted';
  if (!Number.isSafeInteger(amount) || Number(amount) <= 0) return 'amount: a whole number above 0 is wanted';
  if (typeof currency !== 'string' || !/^[A-Z]{3}$/.test(currency)) return 'currency: three capital letters are wanted';
  if (!Number.isSafeInteger(expireAt)) return 'expireAt: whole milliseconds are wanted';
  return null;
}

function isRequestNo(value: unknown): value is string {
  return typeof value === 'string' && value.length >= 1 && value.length <= 64;
}
