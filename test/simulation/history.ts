import type { SqlStore } from '../../shared/sql/sql.ts';

/** One change of state of a row, in the order in which it happened; `commit` cuts the changes into transactions. */
export interface Change {
  readonly seq: number;
  readonly what:
    | 'commit'
    | 'job'
    | 'run'
    | 'run-version'
    | 'shard'
    | 'attempt'
    | 'fire'
    | 'fire-taken-back'
    | 'limit'
    | 'chain-run';
  /** A job: its id. A run: its id, its job. A shard or attempt: its run, its index. A fire: its id, its job. A limit: how many. */
  readonly a: number | null;
  readonly b: number | null;
  readonly was: string | null;
  readonly now: string | null;
  /** Of a shard or attempt. */
  readonly log: number | null;
}

// Written by the database itself, so that no code under test has a part in it.
const TRIGGERS = [
  `create trigger h1 after insert on s_run begin insert into h_history (what, a, b, now)
    values ('run', new.id, new.job_id, new.state), ('run-version', new.id, new.job_id, new.config_hash); end`,
  `create trigger h2 after update of state on s_run when old.state <> new.state begin
    insert into h_history (what, a, b, was, now) values ('run', new.id, new.job_id, old.state, new.state); end`,
  `create trigger h3 after update of config_hash on s_run when old.config_hash <> new.config_hash begin
    insert into h_history (what, a, b, was, now)
    values ('run-version', new.id, new.job_id, old.config_hash, new.config_hash); end`,
  `create trigger h4 after insert on s_shard begin insert into h_history (what, a, b, now, log)
    values ('shard', new.run_id, new.shard_index, new.state, new.log_id); end`,
  `create trigger h5 after update on s_shard when old.state <> new.state or old.log_id is not new.log_id begin
    insert into h_history (what, a, b, was, now, log)
    values ('shard', new.run_id, new.shard_index, old.state, new.state, new.log_id); end`,
  `create trigger h6 after insert on s_attempt begin insert into h_history (what, a, b, now, log)
    values ('attempt', new.run_id, new.shard_index, new.state, new.id); end`,
  `create trigger h7 after update of state on s_attempt when old.state <> new.state begin
    insert into h_history (what, a, b, was, now, log)
    values ('attempt', new.run_id, new.shard_index, old.state, new.state, new.id); end`,
  `create trigger h8 after insert on s_fire begin insert into h_history (what, a, b, now)
    values ('fire', new.id, new.job_id, new.state); end`,
  `create trigger h9 after update of state on s_fire when old.state <> new.state begin
    insert into h_history (what, a, b, was, now) values ('fire', new.id, new.job_id, old.state, new.state); end`,
  `create trigger h10 after delete on s_fire begin insert into h_history (what, a, b, was)
    values ('fire-taken-back', old.id, old.job_id, old.state); end`,
  `create trigger h11 after insert on s_job begin insert into h_history (what, a, now)
    values ('job', new.id, new.config_hash); end`,
  `create trigger h12 after update of config_hash on s_job begin insert into h_history (what, a, was, now)
    values ('job', new.id, old.config_hash, new.config_hash); end`,
  `create trigger h13 after update of run_limit on s_group begin insert into h_history (what, a)
    values ('limit', new.run_limit); end`,
  `create trigger h14 after update of state on s_chain_run when old.state <> new.state begin
    insert into h_history (what, a, was, now) values ('chain-run', new.id, old.state, new.state); end`,
];

/** Has the store keep every change of state of what the checker judges. */
export async function keepHistory(store: SqlStore): Promise<void> {
  await store.transaction('keep-history', async (tx) => {
    await tx.run(`create table h_history (seq integer primary key, what text not null, a integer, b integer,
      was text, now text, log integer)`);
    await tx.run(`create index h_history_what on h_history (what, a)`);
    await tx.run(`insert into h_history (what) values ('commit')`);
    for (const trigger of TRIGGERS) await tx.run(trigger);
  });
}

export const readHistory = (store: SqlStore): Promise<Change[]> =>
  store.read('read-history', (db) => db.all<Change>(`select * from h_history order by seq`));
