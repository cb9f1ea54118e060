/** FAILOVER: the first of the sorted list that answers when asked whether it is there. */
export function routeFailover<T extends { readonly address: string }>(
  sorted: readonly T[],
  answers: ReadonlyMap<string, ProbeAnswer>,
): T | null {
  return sorted.find((executor) => answers.get(executor.address) === 'yes') ?? null;
}

/** yes: it is there, or idle. no: it is there and has the job at work. silent: no answer in time, or none at all. */
export type ProbeAnswer = 'yes' | 'no' | 'silent';
