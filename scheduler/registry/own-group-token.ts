import { DaybreakError } from '../../shared/errors.ts';
import { NAME } from '../definition/refuse.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { executorsNotGone } from '../storage/sql/executor-queries.ts';
import { ensureGroups, lockGroup, setGroupTokens } from '../storage/sql/group-queries.ts';
import { openToken, sealToken } from './sealed-token.ts';

/**
 * The access token that is the group's own. A group that is not there is made, and one without a token gets one, so that
 * whoever joins never learns the installation's token, nor that of another group.
 * Throws BAD_INPUT for a name that no group can have, CONFLICT for a group whose executors use the installation's token.
 * @param installationTokens The one of now first; groups may still be sealed with the one before.
 */
export async function ownGroupToken(
  ctx: SchedulerContext,
  appName: string,
  installationTokens: readonly [string, ...string[]],
): Promise<string> {
  if (!NAME.test(appName)) {
    throw new DaybreakError('BAD_INPUT', `appname "${appName}" must be 1 to 64 letters, digits, ".", "_" or "-"`);
  }
  const fresh = ctx.runtime.random.secretHex(32);
  const sealed = sealToken(fresh, installationTokens[0], ctx.runtime.random.secretHex(12));
  return ctx.store.transaction('own-group-token', async (tx) => {
    await ensureGroups(tx, [appName]);
    const row = await lockGroup(tx, appName);
    if (row === null) throw new Error(`group ${appName} is not there in the transaction that made it`);
    if (row.token !== null) return opened(appName, row.token, installationTokens);
    const executors = await executorsNotGone(tx);
    // With a token of its own the group would be closed to those that have come with the installation's.
    if (executors.some((executor) => executor.appName === appName)) {
      throw new DaybreakError(
        'CONFLICT',
        `group "${appName}" has executors with the installation's token: give this one the same, or another appname`,
      );
    }
    await setGroupTokens(tx, { appName, token: sealed, previousToken: null, previousUntil: null });
    return fresh;
  });
}

function opened(appName: string, sealed: string, installationTokens: readonly string[]): string {
  for (const token of installationTokens) {
    const plain = openToken(sealed, token);
    if (plain !== null) return plain;
  }
  throw new DaybreakError(
    'CONFLICT',
    `the token of group "${appName}" was sealed with another access token of this scheduler: change the group's token`,
  );
}
