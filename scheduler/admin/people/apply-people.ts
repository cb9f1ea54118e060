import { DaybreakError } from '../../../shared/errors.ts';
import type { SqlTx } from '../../../shared/sql/sql.ts';
import { insertUser, lockUser, setGrants, updateUser } from '../../storage/sql/admin-people-queries.ts';
import { deleteSessionsOfUser } from '../../storage/sql/admin-session-queries.ts';
import { type AuditEntryInput, appendAudit } from '../audit/append-audit.ts';
import { snapshotOf } from '../audit/snapshots.ts';
import type { PlannedPerson } from './plan-people.ts';
import { grantRows } from './principals.ts';

/** Who changes people, for the audit log. */
export type ChangedBy = Pick<AuditEntryInput, 'principalKind' | 'who' | 'from'>;

/**
 * Makes and changes people as planned, by the rules of the page: who is new has to change the first password, and whoever's
 * rights change has to log in anew. Each has an entry of the audit log to themselves, by which others find it who look
 * for what became of a person. To be called last: the head of the audit log stays locked from here on, and everybody
 * else who locks it has locked what they touch before.
 */
export async function applyPeople(
  tx: SqlTx,
  people: readonly PlannedPerson[],
  { by, hashes }: { readonly by: ChangedBy; readonly hashes: ReadonlyMap<string, string> },
): Promise<void> {
  const entries: AuditEntryInput[] = [];
  for (const person of people) {
    const { before } = person;
    const snapshot = before === null ? null : await snapshotOf(tx, { kind: 'user', id: before.id });
    const id = before === null ? await makePerson(tx, person, hashes) : await changePerson(tx, before.id, person);
    entries.push({
      ...by,
      action: before === null ? 'user.create' : 'user.update',
      subjectKind: 'user',
      subjectId: id,
      group: null,
      outcome: 'done',
      reason: null,
      before: snapshot,
      after: { state: await snapshotOf(tx, { kind: 'user', id }) },
    });
  }
  for (const entry of entries) await appendAudit(tx, entry);
}

async function makePerson(
  tx: SqlTx,
  { name, after, grants }: PlannedPerson,
  hashes: ReadonlyMap<string, string>,
): Promise<number> {
  const passwordHash = hashes.get(name);
  const { displayName, email, isAdmin, state } = after;
  const id =
    passwordHash === undefined
      ? null
      : await insertUser(tx, { name, displayName, email, passwordHash, isAdmin, mustChange: 1 });
  // Somebody was quicker, and took the person away or made them.
  if (id === null) throw new DaybreakError('CONFLICT', `who "${name}" is has just changed: look at the changes again`);
  if (state !== 'active') await updateUser(tx, { id, ...after });
  await setGrants(tx, 'user', id, grantRows(grants));
  return id;
}

async function changePerson(tx: SqlTx, id: number, { after, grants, changesRights }: PlannedPerson): Promise<number> {
  await lockUser(tx, id);
  await updateUser(tx, { id, ...after });
  if (!changesRights) return id;
  await setGrants(tx, 'user', id, grantRows(grants));
  await deleteSessionsOfUser(tx, id);
  return id;
}
