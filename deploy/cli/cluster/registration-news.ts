import type { SchedulerAnswer } from '../../../executor/node/scheduler-client.ts';
import { whyNotTaken } from './why-no-scheduler.ts';

/**
 * What people are told of an executor's registrations: that it is up when a scheduler has taken it, and until then, or when
 * none takes it any more, why it gets no runs. Each of it once, however many heartbeats say the same.
 */
export function createRegistrationNews(options: {
  readonly group: string;
  readonly stop: AbortSignal;
  say(line: string): void;
}): (answer: SchedulerAnswer, address: string) => void {
  const { group, stop, say } = options;
  let last = '';
  return (answer, address) => {
    const news = answer.kind === 'acknowledged' ? 'up' : whyNotTaken(answer, options);
    // While it stops, the schedulers may well be gone before it.
    if (news === last || stop.aborted) return;
    last = news;
    if (answer.kind === 'acknowledged')
      say(`executor is up at ${address}, group ${group}, registered with ${answer.by}`);
    else say(`executor at ${address} gets no runs: ${news}. It tries again and again, and says when it is registered`);
  };
}
