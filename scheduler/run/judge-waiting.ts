import type { Job } from '../definition/job-definition.ts';
import { type EarlierRun, judgeBlock } from './block-policy.ts';

/** What a run waits for: one thing at a time, in this order: its input, an earlier run, the group's limit, executors. */
export type WaitsFor = 'input' | 'earlier' | 'limit' | 'executors';

export interface WaitingFacts {
  readonly job: Pick<Job, 'block' | 'parallelMax' | 'group' | 'labels'>;
  /** In words why its input is not there; null when it is, or when it needs none. */
  readonly awaitedInput: string | null;
  readonly earlier: readonly EarlierRun[];
  /** Null: the group has no limit. */
  readonly limit: { readonly max: number; readonly running: number } | null;
  /** Executors of its group that live and carry its labels. */
  readonly alive: number;
}

export type WaitingVerdict =
  | { readonly kind: 'go' }
  | { readonly kind: 'wait'; readonly for: WaitsFor; readonly reason: string }
  | { readonly kind: 'discard'; readonly reason: string }
  | { readonly kind: 'end_first'; readonly runIds: readonly number[]; readonly reason: string };

/** Whether a waiting run may go now; if not, what it waits for, in a word and in words. */
export function judgeWaiting({ job, awaitedInput, earlier, limit, alive }: WaitingFacts): WaitingVerdict {
  if (awaitedInput !== null) return { kind: 'wait', for: 'input', reason: awaitedInput };
  const block = judgeBlock(job, earlier);
  switch (block.kind) {
    case 'discard':
      return { kind: 'discard', reason: `${inWords([block.behind])} of the job still ${verbOf(block.behind)}` };
    case 'wait':
      return { kind: 'wait', for: 'earlier', reason: `waits for ${inWords(block.behind)} of the job` };
    case 'end_first':
      return {
        kind: 'end_first',
        runIds: block.runs.map((run) => run.runId),
        reason: `ends ${inWords(block.runs)} of the job first`,
      };
    case 'free':
      break;
  }
  if (limit !== null && limit.running >= limit.max) {
    const reason = `group "${job.group}" has reached its limit of ${limit.max} runs at once`;
    return { kind: 'wait', for: 'limit', reason };
  }
  if (alive === 0) return { kind: 'wait', for: 'executors', reason: `no executor of ${groupInWords(job)} is alive` };
  return { kind: 'go' };
}

/** `group "orders" with labels region=north` */
export function groupInWords({ group, labels }: Pick<Job, 'group' | 'labels'>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  return `group "${group}"${pairs.length === 0 ? '' : ` with labels ${pairs.join(', ')}`}`;
}

const verbOf = (run: EarlierRun): string => (run.state === 'waiting' ? 'waits' : 'runs');

function inWords(runs: readonly EarlierRun[]): string {
  const named = runs.slice(0, 3).map((run) => run.runId);
  const more = runs.length - named.length;
  return `run${runs.length === 1 ? '' : 's'} ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
