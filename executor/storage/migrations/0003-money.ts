import type { Migration } from '../../../shared/sql/sql.ts';

/** Calls, evidence, ledger and the open table: what the money protocol stands on (docs/money.md). */
export const money: Migration = {
  id: '0003-money',
  statements: (w) => [
    // A downstream's name and the origin it was first seen at; small ids keep the keys of `call_out` short.
    `create table downstream (
      id ${w.autoId},
      name ${w.text(64)} not null unique,
      origin ${w.text(255)}
    )${w.table}`,
    // One request to the downstream for one item. The key is the idempotency key taken apart, so a requestNo leads
    // here through the subject's own unique key and needs no index. Values of the debit never change after insert.
    `create table call_out (
      downstream_id ${w.int} not null,
      subject ${w.bigint} not null,
      presentation ${w.int} not null,
      attempt ${w.int} not null,
      run_id ${w.bigint} not null,
      slice_no ${w.int} not null,
      seq ${w.bigint} not null,
      request_no ${w.text(64)} not null,
      body_hash ${w.text(64)} not null,
      account_no ${w.text(64)} not null,
      amount_minor ${w.bigint} not null,
      currency ${w.text(3)} not null,
      expire_at ${w.bigint} not null,
      key_dead_at ${w.bigint} not null,
      stored_at ${w.bigint} not null,
      send_deadline_at ${w.bigint} not null,
      sends ${w.int} not null,
      state ${w.text(9)} not null check (state in
        ('STORED', 'SENT', 'UNKNOWN', 'SUCCEEDED', 'REFUSED', 'VOIDED')),
      accepted ${w.int} not null default 0,
      code ${w.text(64)},
      gateway_ref ${w.text(128)},
      settled_by ${w.text(8)} check (settled_by in ('reply', 'query', 'void', 'callback', 'file', 'hand')),
      settled_at ${w.bigint},
      evidence_id ${w.bigint},
      checks ${w.int} not null default 0,
      primary key (downstream_id, subject, presentation, attempt)
    )${w.clustered}`,
    // Insert-only: the whole answer (or callback body, or file line that mattered), once.
    `create table evidence (
      id ${w.autoId},
      downstream_id ${w.int} not null,
      run_id ${w.bigint},
      kind ${w.text(8)} not null check (kind in ('send', 'query', 'void', 'callback', 'file', 'hand')),
      asked ${w.int} not null,
      first_request_no ${w.text(64)},
      http_status ${w.int},
      outcome ${w.text(32)} not null,
      body ${w.longText} not null,
      at_ms ${w.bigint} not null
    )${w.table}`,
    `create table ledger (
      downstream_id ${w.int} not null,
      subject ${w.bigint} not null,
      presentation ${w.int} not null,
      attempt ${w.int} not null,
      entry_type ${w.text(8)} not null check (entry_type in ('DEBIT')),
      run_id ${w.bigint} not null,
      group_name ${w.text(32)} not null,
      currency ${w.text(3)} not null,
      amount_minor ${w.bigint} not null,
      gateway_ref ${w.text(128)} not null,
      booked_at ${w.bigint} not null,
      primary key (downstream_id, subject, presentation, attempt, entry_type)
    )${w.clustered}`,
    // What is unclear or waiting; rows leave when the item is final or MANUAL. The only index by instant there is.
    // reason: UNCLEAR (ask), CONFLICTING (ask; MANUAL at the cut-off), REFUSED_OTHER (ask, then void), NOT_SENT (send
    // again at next_check_at), RETRY_WAIT (next attempt), or the gate's word for waiting, e.g. PREMIUM_OPEN.
    `create table open_item (
      id ${w.autoId},
      downstream_id ${w.int} not null,
      run_id ${w.bigint} not null,
      slice_no ${w.int} not null,
      seq ${w.bigint} not null,
      reason ${w.text(16)} not null,
      opened_at ${w.bigint} not null,
      next_check_at ${w.bigint} not null,
      claimed_until ${w.bigint} not null default 0,
      checks ${w.int} not null default 0,
      missing_count ${w.int} not null default 0,
      missing_at ${w.bigint} not null default 0,
      batch_cap ${w.int},
      detail ${w.text(128)},
      unique (run_id, slice_no, seq)
    )${w.table}`,
    `create index open_item_due on open_item (next_check_at)`,
    // Callbacks as they came, unique on (event, body). taken_at null: stored, its verdict not applied (see reason).
    `create table callback_inbox (
      id ${w.autoId},
      downstream_id ${w.int} not null,
      event_id ${w.text(128)} not null,
      body_hash ${w.text(64)} not null,
      request_no ${w.text(64)},
      evidence_id ${w.bigint} not null,
      reason ${w.text(32)},
      received_at ${w.bigint} not null,
      unique (downstream_id, event_id, body_hash)
    )${w.table}`,
    // Two definite answers for one call that contradict: the first was kept.
    `create table contradiction (
      id ${w.autoId},
      downstream_id ${w.int} not null,
      run_id ${w.bigint} not null,
      slice_no ${w.int} not null,
      seq ${w.bigint} not null,
      request_no ${w.text(64)} not null,
      kept ${w.text(32)} not null,
      other ${w.text(32)} not null,
      evidence_id ${w.bigint} not null,
      at_ms ${w.bigint} not null
    )${w.table}`,
    `create index contradiction_run on contradiction (run_id)`,
    // Resolutions by hand: two people and a reason.
    `create table resolution (
      id ${w.autoId},
      downstream_id ${w.int} not null,
      request_no ${w.text(64)} not null,
      run_id ${w.bigint} not null,
      resolved_as ${w.text(8)} not null check (resolved_as in ('success', 'failed', 'retry')),
      made_by ${w.text(64)} not null,
      approved_by ${w.text(64)} not null,
      reason ${w.longText} not null,
      at_ms ${w.bigint} not null
    )${w.table}`,
    // The values of a debit are written once (I22). On SQLite an UPDATE that names other columns costs nothing here.
    ...(w.dialect === 'sqlite'
      ? [
          `create trigger call_out_values before update of request_no, body_hash, account_no, amount_minor, currency,
             expire_at, key_dead_at on call_out begin select raise(abort, 'a call''s values never change'); end`,
          `create trigger ledger_fixed before update on ledger begin select raise(abort, 'the ledger is append-only'); end`,
          `create trigger evidence_fixed before update on evidence begin select raise(abort, 'evidence is append-only'); end`,
          `create trigger history_fixed before update on history begin select raise(abort, 'history is append-only'); end`,
        ]
      : [
          `create trigger call_out_values before update on call_out for each row
             if not (new.request_no <=> old.request_no and new.body_hash <=> old.body_hash
               and new.account_no <=> old.account_no and new.amount_minor <=> old.amount_minor
               and new.currency <=> old.currency and new.expire_at <=> old.expire_at
               and new.key_dead_at <=> old.key_dead_at)
             then signal sqlstate '45000' set message_text = 'a call''s values never change'; end if`,
          `create trigger ledger_fixed before update on ledger for each row
             signal sqlstate '45000' set message_text = 'the ledger is append-only'`,
          `create trigger evidence_fixed before update on evidence for each row
             signal sqlstate '45000' set message_text = 'evidence is append-only'`,
          `create trigger history_fixed before update on history for each row
             signal sqlstate '45000' set message_text = 'history is append-only'`,
        ]),
  ],
};
