import type { Migration } from '../../../../shared/sql/sql.ts';

/** Plans, the files they came from, and nights: the settlement example's own tables, in the executor's store. */
export const settlement: Migration = {
  id: '0100-settlement',
  statements: (w) => [
    // byte_offset, line_no: the end of the last line whose rows are committed. prefix_crc: CRC-32 of the bytes before
    // it, so that an import that goes on knows that it is still looking at the text that was read. Between
    // first_plan_id and last_plan_id lie all plans that this file brought (0 and 0: none). night_id: the night that
    // imported it last.
    `create table plan_file (
      id ${w.autoId},
      sha256 ${w.text(64)} not null unique,
      state ${w.text(8)} not null check (state in ('staged', 'active', 'refused')),
      path ${w.longText} not null,
      size_bytes ${w.bigint} not null,
      data_lines ${w.bigint} not null default 0,
      accepted ${w.bigint} not null default 0,
      already_stored ${w.bigint} not null default 0,
      byte_offset ${w.bigint} not null default 0,
      line_no ${w.bigint} not null default 0,
      prefix_crc ${w.bigint} not null default 0,
      night_id ${w.bigint},
      first_plan_id ${w.bigint} not null default 0,
      last_plan_id ${w.bigint} not null default 0,
      activated_to ${w.bigint} not null default 0,
      created_at ${w.bigint} not null,
      activated_at ${w.bigint}
    )${w.table}`,
    // A plan is an obligation for ever. paid: a call succeeded. given_up: never due again. held: two answers
    // contradict, or a settlement file shows a debit that our books do not: not presented again before a person looks.
    // presentation: nights in which a call was stored for it. failed_in: the chain run in which it last FAILED.
    `create table plan (
      id ${w.autoId},
      contract_no ${w.text(32)} not null,
      period ${w.int} not null,
      leg ${w.text(9)} not null check (leg in ('PREMIUM', 'PRINCIPAL')),
      customer_no ${w.text(32)} not null,
      merchant_no ${w.text(32)} not null,
      account_no ${w.text(32)} not null,
      currency ${w.text(3)} not null,
      amount_minor ${w.bigint} not null,
      due_date ${w.text(10)} not null,
      file_id ${w.bigint} not null,
      line_no ${w.bigint} not null,
      state ${w.text(8)} not null default 'open' check (state in ('open', 'paid', 'given_up', 'held')),
      presentation ${w.int} not null default 0,
      failed_in ${w.bigint},
      unique (contract_no, period, leg)
    )${w.table}`,
    // The open plans, in the order in which a night freezes them. A row is written when its file is activated and
    // leaves after its plan is paid or given up (pruned slice by slice), so night 200 costs what night 1 cost.
    `create table plan_open (
      leg ${w.text(9)} not null,
      plan_id ${w.bigint} not null,
      due_date ${w.text(10)} not null,
      primary key (leg, plan_id)
    )${w.clustered}`,
    // Lines of a file that were found stored already by an earlier file, with the same values.
    `create table plan_sighting (
      file_id ${w.bigint} not null,
      plan_id ${w.bigint} not null,
      line_no ${w.bigint} not null,
      primary key (file_id, plan_id)
    )${w.clustered}`,
    // contract_no and period are filled when the line has 9 fields, both are valid and the leg is PREMIUM, else null.
    `create table plan_reject (
      file_id ${w.bigint} not null,
      line_no ${w.bigint} not null,
      code ${w.text(32)} not null,
      raw ${w.blob} not null,
      contract_no ${w.text(32)},
      period ${w.int},
      primary key (file_id, line_no)
    )${w.clustered}`,
    `create index plan_reject_premium on plan_reject (file_id, contract_no, period)`,
    // One night: one chain run for a business date. seq grows with --fresh. origin is the gateway's, or 'simulator'.
    `create table night (
      id ${w.autoId},
      business_date ${w.text(10)} not null,
      seq ${w.int} not null,
      chain_run_id ${w.bigint},
      plan_sha256 ${w.text(64)},
      file_id ${w.bigint},
      gateway_origin ${w.text(255)},
      cut_off_at ${w.bigint} not null,
      time_zone ${w.text(64)} not null,
      started_at ${w.bigint} not null,
      finished_at ${w.bigint},
      exit_code ${w.int},
      report ${w.longText},
      unique (business_date, seq)
    )${w.table}`,
    // Settlement files as fetched: the union by (gateway_ref, request_no), kept for the night that fetched them. The
    // values are in the key, so that a line that comes again with other values is a line of its own and is found.
    // contract_no to attempt: the request number taken apart (null when it is none of ours); amount_minor: null when
    // the amount is no plain integer. fetch_no: which fetch brought it, so that a bad file can be taken out again.
    `create table settlement_line (
      night_id ${w.bigint} not null,
      request_no ${w.text(128)} not null,
      gateway_ref ${w.text(128)} not null,
      account_no ${w.text(64)} not null,
      currency ${w.text(8)} not null,
      amount_text ${w.text(32)} not null,
      settled_at_text ${w.text(32)} not null,
      fetch_no ${w.int} not null,
      file_date ${w.text(10)} not null,
      amount_minor ${w.bigint},
      contract_no ${w.text(32)},
      period ${w.int},
      leg ${w.text(9)},
      presentation ${w.int},
      attempt ${w.int},
      primary key (night_id, request_no, gateway_ref, account_no, currency, amount_text)
    )${w.clustered}`,
    `create table difference (
      id ${w.autoId},
      night_id ${w.bigint} not null,
      kind ${w.text(32)} not null,
      request_no ${w.text(128)},
      gateway_ref ${w.text(128)},
      contract_no ${w.text(32)},
      period ${w.int},
      leg ${w.text(9)},
      currency ${w.text(8)},
      ours_minor ${w.text(40)},
      gateway_minor ${w.text(40)},
      breaks ${w.int} not null default 1,
      note ${w.text(255)}
    )${w.table}`,
    `create index difference_night on difference (night_id)`,
    // Items of earlier nights that were in flight when the night began: noted then, because what is settled leaves the
    // open table.
    `create table night_carried_over (
      night_id ${w.bigint} not null,
      run_id ${w.bigint} not null,
      slice_no ${w.int} not null,
      seq ${w.bigint} not null,
      primary key (night_id, run_id, slice_no, seq)
    )${w.clustered}`,
    // Written last by a reconciliation: without a row, or with other differences, nothing is proven.
    `create table night_reconciliation (
      night_id ${w.bigint} not null primary key,
      file_lines ${w.bigint} not null,
      matched ${w.bigint} not null,
      other_nights ${w.bigint} not null,
      holds ${w.int} not null,
      ended_at ${w.bigint} not null
    )${w.clustered}`,
  ],
};
