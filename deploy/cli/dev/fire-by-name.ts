import type { Scheduler } from '../../../scheduler/scheduler.ts';
import { localDate } from '../../../shared/business-date.ts';
import { DaybreakError } from '../../../shared/errors.ts';
import type { Runtime } from '../../../shared/runtime/runtime.ts';
import type { JobsFile } from './jobs-file.ts';

/** Fires a chain or a job now, for today's date in the zone. Throws NOT_FOUND, naming those that there are. */
export async function fireByName(
  scheduler: Pick<Scheduler, 'startChain' | 'triggerJob'>,
  { jobs, chains }: JobsFile,
  { timeZone, runtime }: { readonly timeZone: string; readonly runtime: Runtime },
  name: string,
): Promise<{ words: string; chainRunId?: number; runId?: number }> {
  const nowMs = runtime.clock.wallMs();
  const order = { businessDate: localDate(nowMs, timeZone), requestId: `dev-${runtime.random.ulid()}` };
  const chain = chains.find((one) => one.name === name);
  if (chain !== undefined) {
    const cutOffAtMs = chain.cutOff?.kind === 'after' ? nowMs + chain.cutOff.afterMs : null;
    const { chainRunId } = await scheduler.startChain({ ...order, chain: name, cutOffAtMs });
    return { chainRunId, words: `chain ${name} is fired: chain run ${chainRunId}` };
  }
  if (!jobs.some((job) => job.name === name)) {
    const names = [...chains, ...jobs].map((one) => one.name).join(', ');
    throw new DaybreakError('NOT_FOUND', `there is no job or chain "${name}" (there are ${names || 'none'})`);
  }
  const { runId } = await scheduler.triggerJob({ ...order, job: name });
  return { runId, words: `job ${name} is fired: run ${runId}` };
}
