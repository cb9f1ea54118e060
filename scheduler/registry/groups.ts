import { DaybreakError } from '../../shared/errors.ts';
import { assertAccessToken } from '../api/access-token.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import {
  allGroups,
  ensureGroups,
  type GroupRow,
  lockGroup,
  setGroupTokens,
  updateGroup,
} from '../storage/sql/group-queries.ts';
import { sealToken } from './sealed-token.ts';

/** A group of executors, without its secrets. */
export interface Group {
  readonly appName: string;
  readonly title: string;
  /** auto: its executors register. manual: they are the addresses below, and the scheduler looks whether they answer. */
  readonly addressType: 'auto' | 'manual';
  readonly addresses: readonly string[];
  readonly ownToken: boolean;
  /** Runs at once; 0: any number. */
  readonly runLimit: number;
}

export interface SaveGroup {
  readonly appName: string;
  readonly title?: string;
  readonly addressType?: 'auto' | 'manual';
  readonly addresses?: readonly string[];
  readonly runLimit?: number;
}

export interface ChangeToken {
  readonly appName: string;
  /** At least 32 random characters, or null: back to the installation's. */
  readonly token: string | null;
  /** How long the token of before is still taken, so that no call fails while executors get the new one. */
  readonly previousForMs: number;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const ADDRESSES_MAX = 1_000;

export async function listGroups(ctx: SchedulerContext): Promise<Group[]> {
  return (await ctx.store.read('list-groups', (db) => allGroups(db))).map(groupOf);
}

/**
 * Makes or changes a group. Throws BAD_INPUT for an address that lies outside the allowed networks: our token goes there.
 */
export async function saveGroup(ctx: SchedulerContext, group: SaveGroup): Promise<void> {
  if (!NAME.test(group.appName)) bad('appName', 'must be 1 to 64 letters, digits, ".", "_" or "-"');
  if ((group.addresses?.length ?? 0) > ADDRESSES_MAX) bad('addresses', `are more than ${ADDRESSES_MAX}`);
  const addresses = group.addresses?.map((address) => (address.endsWith('/') ? address : `${address}/`));
  for (const address of addresses ?? []) {
    const refusal = await ctx.client.refusalOf(address);
    if (refusal !== null) bad('addresses', refusal);
  }
  await ctx.store.transaction('save-group', async (tx) => {
    await ensureGroups(tx, [group.appName]);
    const row = await lockGroup(tx, group.appName);
    if (row === null) throw new Error(`group ${group.appName} is not there in the transaction that made it`);
    await updateGroup(tx, {
      appName: row.appName,
      title: group.title ?? row.title,
      addressType: group.addressType ?? row.addressType,
      addresses: addresses === undefined ? row.addresses : JSON.stringify([...new Set(addresses)].sort()),
      runLimit: group.runLimit ?? row.runLimit,
    });
  });
}

/** Throws NOT_FOUND, CONFIG_INVALID for a weak token. The old token (the installation's too) lives on for `previousForMs`. */
export async function changeGroupToken(
  ctx: SchedulerContext,
  change: ChangeToken,
  installationToken: string,
): Promise<void> {
  const { appName, token, previousForMs } = change;
  if (token !== null) assertAccessToken(token);
  const seal = (plain: string) => sealToken(plain, installationToken, ctx.runtime.random.secretHex(12));
  const sealed = token === null ? null : seal(token);
  const sealedInstallation = seal(installationToken);
  await ctx.store.transaction('change-group-token', async (tx) => {
    const row = await lockGroup(tx, appName);
    if (row === null) throw new DaybreakError('NOT_FOUND', `there is no group "${appName}"`);
    await setGroupTokens(tx, {
      appName,
      token: sealed,
      // Back to the installation's token there is no second one: a group without a token of its own is everybody's.
      previousToken: sealed === null ? null : (row.token ?? sealedInstallation),
      previousUntil: sealed === null ? null : tx.nowMs + previousForMs,
    });
  });
}

const groupOf = (row: GroupRow): Group => ({
  appName: row.appName,
  title: row.title,
  addressType: row.addressType,
  addresses: JSON.parse(row.addresses) as string[],
  ownToken: row.token !== null,
  runLimit: row.runLimit,
});

function bad(field: string, why: string): never {
  throw new DaybreakError('BAD_INPUT', `group: ${field} ${why}`);
}
