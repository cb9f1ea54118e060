import { DatabaseSync } from 'node:sqlite';

const SCHEMA = `
  -- One row per debit that was accepted or refused for good. A requestNo has several rows only when its key had died,
  -- or in the bug mode that ignores idempotency. arrivals: how often it came. gateway_ref is 'GW' || id.
  create table if not exists debit (
    id integer primary key,
    request_no text not null,
    account_no text not null,
    amount integer not null,
    currency text not null,
    expire_at integer not null,
    status text not null check (status in ('SUCCESS', 'FAILED', 'PROCESSING')),
    code text not null,
    accepted_at integer not null,
    settled_at integer,
    business_date text,
    change_at integer,
    change_status text,
    change_code text,
    visible_at integer not null,
    only_in_file integer not null,
    arrivals integer not null default 1
  );
  create index if not exists debit_request on debit (request_no);
  create index if not exists debit_change on debit (change_at) where change_at is not null;
  -- A requestNo that was voided before it arrived: it can never succeed.
  create table if not exists tombstone (request_no text primary key, voided_at integer not null) without rowid;
  -- Where the successes of a business date lie, so that a file reads no more than it has to.
  create table if not exists day (business_date text primary key, first_id integer not null, last_id integer not null)
    without rowid;
  -- Every request as it came; its number is what chance is drawn from. body is kept for what changes the books (debits,
  -- void). Two processes on one file for a moment (one ends, the next begins) may give a number twice.
  create table if not exists arrival (
    id integer primary key,
    no integer not null,
    at integer not null,
    endpoint text not null,
    entries integer not null,
    fault text,
    body text
  );
  create table if not exists callback (
    id integer primary key,
    event_id text not null,
    url text not null,
    request_no text not null,
    body text not null,
    manner text not null,
    next_at integer not null,
    tries integer not null default 0,
    answered_at integer
  );
  create index if not exists callback_due on callback (next_at) where answered_at is null;
`;

/**
 * Opens the books. What the gateway has answered must be true after a power cut, too: WAL with synchronous FULL, and
 * every answer is given after its COMMIT.
 */
export function openBooksFile(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { timeout: 10_000 });
  db.exec('pragma journal_mode = wal; pragma synchronous = full; pragma cache_size = -65536');
  db.exec(SCHEMA);
  return db;
}
