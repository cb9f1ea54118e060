import type { ExecutorClient } from '../dispatch/executor-client.ts';
import type { ProbeAnswer } from './route-failover.ts';

export interface Question {
  readonly question: 'beat' | 'idleBeat';
  /** In order: who stands first is preferred. */
  readonly addresses: readonly string[];
  readonly jobId: number;
  /** For a beat; an idleBeat takes as long as a run request may. */
  readonly timeoutMs: number;
}

/**
 * Asks all at once, and looks at the answers in order: the first good one ends it, so one that is dead costs one timeout
 * in all when it stands before, and none when it stands behind. Who was not waited for is left out of the answers.
 */
export async function askExecutors(client: ExecutorClient, asked: Question): Promise<Map<string, ProbeAnswer>> {
  const { question, jobId, timeoutMs } = asked;
  const asking = asked.addresses.map(async (address): Promise<[string, ProbeAnswer]> => {
    if (question === 'idleBeat') return [address, IDLE_MEANS[await client.idleBeat(address, jobId)]];
    return [address, (await client.beat(address, timeoutMs)) ? 'yes' : 'silent'];
  });
  const answers = new Map<string, ProbeAnswer>();
  const settled = Promise.all(asking);
  for (const each of asking) {
    const [address, answer] = await each;
    answers.set(address, answer);
    if (answer === 'yes') break;
  }
  // The others answer to nobody; a client never rejects here, and if one did it would be seen in the loop above.
  settled.catch(() => undefined);
  return answers;
}

const IDLE_MEANS = { idle: 'yes', busy: 'no', unclear: 'silent' } as const;
