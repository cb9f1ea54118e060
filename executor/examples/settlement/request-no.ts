import type { SqlReader, SqlValue } from '../../../shared/sql/sql.ts';
import type { CallKey, RequestNoBook } from '../../downstream/money-engine.ts';

/**
 * `<environment>.<contract>.<period>.<P|R>.<presentation>.<attempt>`: it names the plan without an index of its own,
 * and holds neither the store nor the night nor the amount, so that a lost or doubled store meets the gateway's
 * idempotency instead of a second debit.
 */
export interface RequestNoParts {
  /** 1 to 16 of `A-Z a-z 0-9 _ -`: test and production never share a key. */
  readonly environment: string;
  /** 1 to 32 of `A-Z a-z 0-9 _ -`. */
  readonly contractNo: string;
  /** 1 to 600. */
  readonly period: number;
  readonly leg: Leg;
  /** In which of its nights the plan is presented: 1 for the first. */
  readonly presentation: number;
  /** 1 for the first call of the presentation. */
  readonly attempt: number;
}

export type Leg = 'PREMIUM' | 'PRINCIPAL';
const LEG_LETTER: Readonly<Record<Leg, string>> = { PREMIUM: 'P', PRINCIPAL: 'R' };

const ENVIRONMENT = /^[A-Za-z0-9_-]{1,16}$/;
const REQUEST_NO =
  /^([A-Za-z0-9_-]{1,16})\.([A-Za-z0-9_-]{1,32})\.([1-9][0-9]{0,2})\.([PR])\.([1-9][0-9]{0,3})\.([1-9][0-9]{0,2})$/;
const LENGTH_MAX = 64;

/**
 * @throws TypeError when a part is outside its limits: a number that cannot be read back must never be sent.
 * @example
 * formatRequestNo({ environment: 'prod', contractNo: 'C100000', period: 1, leg: 'PREMIUM', presentation: 1, attempt: 2 });
 * // 'prod.C100000.1.P.1.2'
 */
export function formatRequestNo(parts: RequestNoParts): string {
  const text = `${parts.environment}.${planReference(parts)}.${parts.presentation}.${parts.attempt}`;
  if (parseRequestNo(text) === null) {
    throw new TypeError(
      `"${text}" is no request number: environment and contract take letters, digits, "_" and "-" (at most 16 and 32), ` +
        `period 1 to 600, presentation and attempt from 1, ${LENGTH_MAX} characters in all`,
    );
  }
  return text;
}

/** The part that belongs to the plan for ever: `<contract>.<period>.<P|R>`. */
export function planReference(plan: Pick<RequestNoParts, 'contractNo' | 'period' | 'leg'>): string {
  return `${plan.contractNo}.${plan.period}.${LEG_LETTER[plan.leg]}`;
}

/** The parts of a number that `formatRequestNo` could have written, else null. */
export function parseRequestNo(text: string): RequestNoParts | null {
  if (text.length > LENGTH_MAX) return null;
  const found = REQUEST_NO.exec(text);
  if (found === null) return null;
  const [, environment = '', contractNo = '', periodText, letter, presentation, attempt] = found;
  const period = Number(periodText);
  if (period > 600) return null;
  return {
    environment,
    contractNo,
    period,
    leg: letter === 'P' ? 'PREMIUM' : 'PRINCIPAL',
    presentation: Number(presentation),
    attempt: Number(attempt),
  };
}

/**
 * Leads request numbers back to plans. A number of another environment, one that does not parse, and one whose plan
 * is not in the store are not in the answer.
 * @throws TypeError when the environment is not 1 to 16 of `A-Z a-z 0-9 _ -`.
 */
export function settlementRequestNoBook(environment: string): RequestNoBook {
  if (!ENVIRONMENT.test(environment)) {
    throw new TypeError(`environment "${environment}": use 1 to 16 letters, digits, "_" and "-"`);
  }
  return {
    async find(db, requestNos) {
      const asked = new Map<string, RequestNoParts>();
      for (const requestNo of requestNos) {
        const parts = parseRequestNo(requestNo);
        if (parts !== null && parts.environment === environment) asked.set(requestNo, parts);
      }
      const planIds = await findPlanIds(db, [...asked.values()]);
      const keys = new Map<string, CallKey>();
      for (const [requestNo, parts] of asked) {
        const subject = planIds.get(planReference(parts));
        if (subject !== undefined) {
          keys.set(requestNo, { subject, presentation: parts.presentation, attempt: parts.attempt });
        }
      }
      return keys;
    },
  };
}

// SQLite refuses an expression deeper than 1,000, and an OR-list is as deep as it is long.
const KEYS_PER_QUERY = 400;

/** Plan ids by plan reference, through the unique key (contract_no, period, leg) on both dialects. */
async function findPlanIds(db: SqlReader, parts: readonly RequestNoParts[]): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  const wanted = [...new Map(parts.map((one) => [planReference(one), one])).values()];
  for (let at = 0; at < wanted.length; at += KEYS_PER_QUERY) {
    const page = wanted.slice(at, at + KEYS_PER_QUERY);
    const params: SqlValue[] = [];
    for (const one of page) params.push(one.contractNo, one.period, one.leg);
    // An OR-list, not a row constructor: MariaDB answers `(a, b, c) in (...)` with a scan of the whole table.
    const keys = page.map(() => '(contract_no = ? and period = ? and leg = ?)').join(' or ');
    const rows = await db.arrays(`select id, contract_no, period, leg from plan where ${keys}`, params);
    for (const [id, contractNo, period, leg] of rows) {
      found.set(planReference({ contractNo: String(contractNo), period: Number(period), leg: leg as Leg }), Number(id));
    }
  }
  return found;
}
