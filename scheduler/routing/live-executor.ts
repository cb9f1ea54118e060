/** An executor that may be given work now. */
export interface LiveExecutor {
  readonly id: number;
  /** Where it is called: always with a slash at its end. */
  readonly address: string;
  /** The address as it was registered, to the letter: what xxl-job would hold, and hash. */
  readonly registeredAs: string;
  /** It tells no incarnation: a peer of another make, which runs one attempt of a job at a time. */
  readonly foreign: boolean;
  readonly labels: Readonly<Record<string, string>>;
}

/** Addresses are compared byte by byte, as xxl-job sorts them: every scheduler gets the same order. */
export function byAddress<T extends { readonly address: string }>(executors: readonly T[]): T[] {
  return [...executors].sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
}

/** Those that carry all the labels that a job asks for. */
export function withLabels<T extends Pick<LiveExecutor, 'labels'>>(
  executors: readonly T[],
  wanted: Readonly<Record<string, string>>,
): T[] {
  const pairs = Object.entries(wanted);
  return executors.filter(({ labels }) => pairs.every(([name, value]) => labels[name] === value));
}
