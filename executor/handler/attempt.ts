import type { RunRequest } from '../../shared/protocol/wire.ts';
import type { ScriptSource } from './builtin/script-types.ts';

/** One attempt at one shard, as this node took it from the wire: every optional field has its value. */
export interface Attempt {
  readonly logId: number;
  readonly logDateTime: number;
  readonly jobId: number;
  readonly handler: string;
  /** The script to run in place of a handler, for a script job. */
  readonly script?: ScriptSource | null;
  readonly param: string;
  /** Where it names secrets, as the scheduler says. */
  readonly secrets?: RunRequest['secrets'];
  /** Their values by name, from the moment at which the handler begins; never written anywhere. */
  readonly secretValues?: Readonly<Record<string, string>>;
  readonly runId: number;
  readonly chainRunId: number | null;
  readonly attempt: number;
  readonly shardIndex: number;
  readonly shardTotal: number;
  readonly businessDate: string;
  readonly plannedAtMs: number;
  readonly cutOffAtMs: number | null;
  /** What runs once per run; absent for a shard. */
  readonly phase?: 'before' | 'after';
  /** What the run's `before` returned, as JSON text. */
  readonly beforeResult?: string;
  readonly shardResults?: RunRequest['shardResults'];
  readonly resumesRunId?: number;
  /** The file that the run waited for, as its scheduler saw it. */
  readonly input?: RunRequest['input'];
  /** What the job's definition bounds its work by; absent: nothing. */
  readonly window?: RunRequest['window'];
  readonly loadGuard?: RunRequest['loadGuard'];
  /** In a worker process: which of them. */
  readonly workerProcess?: number;
  /** From the start of the handler; null = none. */
  readonly timeoutMs: number | null;
}

/** Why a running or queued attempt is told to stop before its end. It is the reason of the handler's signal. */
export class AttemptStopped extends Error {
  readonly kind: StopKind;

  constructor(kind: StopKind) {
    super(STOP_WORDS[kind]);
    this.name = 'AttemptStopped';
    this.kind = kind;
  }
}

export type StopKind = 'timeout' | 'killed' | 'covered' | 'node-stops';

// The words are those of the protocol: its peers show them, and people search for them.
const STOP_WORDS: Readonly<Record<StopKind, string>> = {
  timeout: 'job execute timeout ',
  killed: 'scheduling center kill job.',
  covered: 'block strategy effect：Cover Early',
  'node-stops': 'web container destroy and kill the job.',
};

/** What became of an attempt, as the callback tells it. */
export interface AttemptOutcome {
  /** 200, 500 or 502. */
  readonly code: number;
  readonly message: string;
  /** JSON text, or null. */
  readonly result: string | null;
}
