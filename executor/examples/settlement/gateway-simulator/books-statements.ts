import type { DatabaseSync } from 'node:sqlite';

export type BooksStatements = ReturnType<typeof prepareStatements>;

/** Every statement on the books, prepared once. */
export function prepareStatements(db: DatabaseSync) {
  return {
    insertDebit: db.prepare(
      `insert into debit (request_no, account_no, amount, currency, expire_at, status, code, accepted_at, settled_at,
       business_date, change_at, change_status, change_code, visible_at, only_in_file)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    findDebit: db.prepare('select * from debit where request_no = ? order by id desc limit 1'),
    countArrival: db.prepare('update debit set arrivals = arrivals + 1 where id = ?'),
    insertArrival: db.prepare('insert into arrival (no, at, endpoint, entries, fault, body) values (?, ?, ?, ?, ?, ?)'),
    insertTombstone: db.prepare('insert or ignore into tombstone (request_no, voided_at) values (?, ?)'),
    widenDay: db.prepare(
      `insert into day (business_date, first_id, last_id) values (?, ?, ?) on conflict (business_date) do update set
       first_id = min(first_id, excluded.first_id), last_id = max(last_id, excluded.last_id)`,
    ),
    dueChanges: db.prepare('select * from debit where change_at <= ? order by change_at, id limit 5000'),
    applyChange: db.prepare(
      `update debit set status = change_status, code = change_code, settled_at = ?, business_date = ?, change_at = null,
       change_status = null, change_code = null
     where id = ?`,
    ),
    nextChange: db.prepare('select min(change_at) as at from debit where change_at is not null'),
    dayRange: db.prepare('select first_id, last_id from day where business_date = ?'),
    filePage: db.prepare(
      `select id, request_no, account_no, currency, amount, settled_at from debit
     where id > ? and id <= ? and business_date = ? and status = 'SUCCESS' and settled_at <= ? order by id limit ?`,
    ),
    insertCallback: db.prepare(
      'insert into callback (event_id, url, request_no, body, manner, next_at) values (?, ?, ?, ?, ?, ?)',
    ),
    dueCallbacks: db.prepare(
      'select * from callback where answered_at is null and next_at <= ? order by next_at, id limit ?',
    ),
    nextCallback: db.prepare('select min(next_at) as at from callback where answered_at is null'),
    postponeCallback: db.prepare('update callback set next_at = ?, tries = tries + 1 where id = ?'),
    closeCallback: db.prepare('update callback set answered_at = ?, tries = tries + 1 where id = ?'),
  };
}
