import { isDaybreakError } from '../../../shared/errors.ts';
import { askOwner } from '../owner/http-control-client.ts';
import { ownerFileOf, readOwnerFile } from '../owner/owner-file.ts';
import { inert } from '../screen/table.ts';
import type { Terminal } from '../screen/terminal.ts';
import { UsageError } from '../usage-error.ts';
import type { DevOptions } from './dev-options.ts';

/** `daybreak dev --token` and `--fire NAME`: asks the dev that works in this home, and prints what it says. */
export async function askDev({ folder, store, ask, json }: DevOptions, terminal: Terminal): Promise<number> {
  const owner = readOwnerFile(ownerFileOf(store.path));
  const nobody = (cause?: unknown) =>
    new UsageError(`no daybreak dev runs in ${inert(folder)}: start it, or name its folder with --home DIR`, { cause });
  if (owner === null || ask === null) throw nobody();
  const answer = await askOwner(owner, ask.action, ask.action === 'fire' ? { name: ask.name } : {}).catch(
    (error: unknown) => {
      throw isDaybreakError(error, 'STORE_BUSY') ? nobody(error) : error;
    },
  );
  if (json) terminal.document(JSON.stringify(answer));
  // The bare token, so that it can be handed on: DAYBREAK_JOIN_TOKEN=$(daybreak dev --token).
  else if (ask.action === 'join-token') terminal.document((answer as { token: string }).token);
  else terminal.say((answer as { words: string }).words);
  return 0;
}
