import { type SetGroupLimit, setGroupLimit } from '../dispatch/set-group-limit.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { type ChangeToken, changeGroupToken, type Group, listGroups, type SaveGroup, saveGroup } from './groups.ts';
import type { Keyring } from './keyring.ts';
import { ownGroupToken } from './own-group-token.ts';

export interface GroupsApi {
  list(): Promise<Group[]>;
  /** Throws BAD_INPUT. */
  save(group: SaveGroup): Promise<void>;
  /** How many runs of a group go at once; recorded as an operator's action. Throws BAD_INPUT. */
  setLimit(order: SetGroupLimit): Promise<void>;
  /** Throws NOT_FOUND, CONFIG_INVALID. */
  changeToken(change: ChangeToken): Promise<void>;
  /** The group's own token, made if it has none. Throws BAD_INPUT, and CONFLICT: its executors use the installation's. */
  ownToken(appName: string): Promise<string>;
}

interface Tokens {
  readonly keyring: Keyring;
  readonly accessToken: string;
  readonly previousAccessToken: string | null;
}

/** Whatever changes a token makes this process forget those it knew, so that the new one counts from the commit on. */
export function createGroupsApi(ctx: SchedulerContext, tokens: Tokens): GroupsApi {
  const { keyring, accessToken, previousAccessToken } = tokens;
  const before = previousAccessToken === null ? [] : [previousAccessToken];
  return {
    list: () => listGroups(ctx),
    async save(group) {
      await saveGroup(ctx, group);
      keyring.forget();
    },
    setLimit: (order) => setGroupLimit(ctx, order),
    async changeToken(change) {
      await changeGroupToken(ctx, change, accessToken);
      keyring.forget();
    },
    async ownToken(appName) {
      const token = await ownGroupToken(ctx, appName, [accessToken, ...before]);
      keyring.forget();
      return token;
    },
  };
}
