import { DaybreakError } from '../errors.ts';
import type { SqlReader, SqlTx } from './sql.ts';

/** The reader of `store.read`: a change there would stand outside any transaction, so a text that changes is refused. */
export function readOnly(tx: SqlTx): SqlReader {
  const checked = <Args extends [string, ...unknown[]], T>(act: (...args: Args) => T) => {
    return (...args: Args): T => {
      assertReads(args[0]);
      return act(...args);
    };
  };
  return {
    dialect: tx.dialect,
    nowMs: tx.nowMs,
    all: checked(tx.all) as SqlReader['all'],
    get: checked(tx.get) as SqlReader['get'],
    arrays: checked(tx.arrays),
    get kysely() {
      return tx.kysely;
    },
  };
}

const READS = /^[\s(]*(select|with|values|show|explain|pragma|table)\b/i;

function assertReads(text: string): void {
  if (READS.test(text)) return;
  throw new DaybreakError('BAD_INPUT', `a read may only read; use store.transaction for: ${text.slice(0, 80)}`);
}
