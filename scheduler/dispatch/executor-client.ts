import type { LineWanted } from '../../shared/log-level.ts';
import type { InspectAnswer, InspectMessage } from '../../shared/protocol/inspect.ts';
import type { LogPage, RunRequest } from '../../shared/protocol/wire.ts';

/** How the scheduler speaks to an executor. The adapter is `http-executor-client.ts`. */
export interface ExecutorClient {
  /** Why the address may not be called, in words, or null when it may. */
  refusalOf(address: string): Promise<string | null>;
  /**
   * Asks for one attempt. Sending the same logId again is harmless when the executor is ours; one of xxl-job's knows a
   * logId only while it is queued, so `clearUp` comes first.
   */
  run(address: string, request: RunRequest): Promise<DispatchAnswer>;
  /**
   * Asks for many attempts at one address, in as few messages as it takes; the answers are in the order of the requests,
   * and each means what `run` means by it. A peer that takes one at a time is asked one at a time.
   */
  runAll(address: string, requests: readonly RunRequest[]): Promise<readonly DispatchAnswer[]>;
  /** Whether somebody answers at the address with our token (and, when given, is the very process that is expected). */
  beat(address: string, timeoutMs: number, expected?: ExpectedExecutor): Promise<boolean>;
  /** Whether the node has nothing of the job, running or queued. */
  idleBeat(address: string, jobId: number): Promise<'idle' | 'busy' | 'unclear'>;
  /** A part of a run's log, or null when it cannot be had. */
  log(address: string, which: LogOrder): Promise<LogPage | null>;
  /** Tells one attempt to stop; an executor of xxl-job stops all that it has of the job. */
  kill(order: KillOrder): Promise<KillAnswer>;
  /** Asks what the executor's own tables say of a named question. Left out: this client cannot ask. */
  inspect?(address: string, message: InspectMessage): Promise<InspectAnswer | 'unreachable' | 'unclear'>;
  close(): void;
}

/** Who is called back at an address before it is believed. */
export interface ExpectedExecutor {
  readonly group: string;
  /** Null when it does not say: an executor of xxl-job. */
  readonly incarnation: string | null;
  /** It has signed its registration, so it can be asked without showing the token. */
  readonly signs: boolean;
}

export interface LogOrder {
  readonly logId: number;
  /** The `logDateTime` of the run request: Java executors find the file by its day. */
  readonly logDateTime: number;
  /** From 1. */
  readonly fromLineNum: number;
  /** Instead, of ours only: the last so many lines, or those before a line. */
  readonly lastLines?: number;
  readonly beforeLineNum?: number;
  /** Of ours: so many at most, from `fromLineNum` on. */
  readonly linesMax?: number;
  /** Of ours: instead of the lines, those among them that hold a text and are of a level or a graver one. */
  readonly search?: LineWanted;
}

export interface KillOrder {
  readonly address: string;
  readonly jobId: number;
  readonly logId: number;
}

/**
 * What is known of a kill.
 * - told: the executor has heard; what became of the attempt comes as its result.
 * - not_there: it has nothing to stop.
 * - unclear: it said no, did not answer, or could not be reached.
 */
export type KillAnswer = 'told' | 'not_there' | 'unclear';

/**
 * What is known of a run request.
 * - accepted: it is in the executor's queue.
 * - refused: the executor said no; it certainly does not have it.
 * - busy: the executor, one of ours, has no room for it now; it certainly does not have it.
 * - unreachable: no byte left this machine (connection refused, address not allowed): it certainly does not have it.
 * - unclear: timeout, reset, cut or unreadable answer: it may have it.
 */
export type DispatchAnswer =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'busy'; readonly why: string }
  | { readonly kind: 'unreachable'; readonly why: string }
  | { readonly kind: 'unclear'; readonly why: string };
