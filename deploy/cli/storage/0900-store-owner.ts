import type { Migration } from '../../../shared/sql/sql.ts';

/** Who works in a shared store, for the message to the second one; the lock itself is the server's (GET_LOCK). */
export const storeOwner: Migration = {
  id: '0900-store-owner',
  statements: (w) => [
    `create table store_owner (
      id ${w.int} not null primary key,
      pid ${w.int} not null,
      host ${w.text(255)} not null,
      started_at ${w.bigint} not null,
      command ${w.longText} not null
    )${w.table}`,
  ],
};
