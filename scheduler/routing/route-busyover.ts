import type { ProbeAnswer } from './route-failover.ts';

/** BUSYOVER: the first of the sorted list on which the job neither runs nor waits. With all busy the run waits. */
export function routeBusyover<T extends { readonly address: string }>(
  sorted: readonly T[],
  answers: ReadonlyMap<string, ProbeAnswer>,
): T | null {
  return sorted.find((executor) => answers.get(executor.address) === 'yes') ?? null;
}

/** `2 are busy with the job, 1 does not answer` */
export function busyInWords(answers: ReadonlyMap<string, ProbeAnswer>): string {
  const count = (answer: ProbeAnswer) => [...answers.values()].filter((each) => each === answer).length;
  const [busy, silent] = [count('no'), count('silent')];
  const words = [];
  if (busy > 0) words.push(`${busy} ${busy === 1 ? 'is' : 'are'} busy with the job`);
  if (silent > 0) words.push(`${silent} ${silent === 1 ? 'does' : 'do'} not answer`);
  return words.join(', ');
}
