import { localDate } from '../../shared/business-date.ts';
import type { RunRequest } from '../../shared/protocol/wire.ts';
import type { Attempt } from '../handler/attempt.ts';
import { isScriptType, refuseGlueType, type ScriptSource, type ScriptType } from '../handler/builtin/script-types.ts';

/**
 * Gives every optional field of a run request its value. What a foreign scheduler does not say is derived: the run
 * from the trigger time (which all shards of one broadcast share) and the job, the business date from the trigger
 * time in `timeZone`. Shards of one run therefore agree, and the same request read twice is the same attempt.
 */
export function readRunRequest(request: RunRequest, timeZone: string): Attempt {
  const plannedAtMs = request.plannedAtMs ?? request.logDateTime;
  const script = scriptOf(request);
  return {
    logId: request.logId,
    logDateTime: request.logDateTime,
    jobId: request.jobId,
    // A script job names no handler: its type stands for one, in the log, the metrics and the table of attempts.
    handler: script?.type ?? request.executorHandler,
    script,
    param: request.executorParams ?? '',
    runId: request.runId ?? derivedRunId(request.logDateTime, request.jobId),
    chainRunId: request.chainRunId ?? null,
    attempt: request.attempt ?? 1,
    shardIndex: request.broadcastIndex ?? 0,
    shardTotal: Math.max(1, request.broadcastTotal ?? 1),
    businessDate: request.businessDate ?? localDate(plannedAtMs, timeZone),
    plannedAtMs,
    cutOffAtMs: request.cutOffAtMs ?? null,
    ...(request.phase === undefined ? {} : { phase: request.phase }),
    ...(request.beforeResult === undefined ? {} : { beforeResult: request.beforeResult }),
    ...(request.shardResults === undefined ? {} : { shardResults: request.shardResults }),
    ...(request.resumesRunId === undefined ? {} : { resumesRunId: request.resumesRunId }),
    ...(request.input === undefined ? {} : { input: request.input }),
    ...(request.secrets === undefined ? {} : { secrets: request.secrets }),
    ...(request.window === undefined ? {} : { window: request.window }),
    ...(request.loadGuard === undefined ? {} : { loadGuard: request.loadGuard }),
    timeoutMs: (request.executorTimeout ?? 0) > 0 ? (request.executorTimeout as number) * 1_000 : null,
  };
}

/** Why a request of the right shape still cannot be taken, or null. */
export function refuseRunRequest(request: RunRequest, scriptTypes: readonly ScriptType[] = []): string | null {
  const refusal = refuseGlueType(request.glueType ?? 'BEAN', scriptTypes);
  if (refusal !== null) return refusal;
  const total = Math.max(1, request.broadcastTotal ?? 1);
  const index = request.broadcastIndex ?? 0;
  if (index < 0 || index >= total) return `broadcastIndex ${index} must be from 0 to ${total - 1} (broadcastTotal - 1)`;
  if (request.logId < 1) return `logId ${request.logId} must be 1 or more`;
  if (Math.abs(request.logDateTime) > MAX_INSTANT_MS) return `logDateTime ${request.logDateTime} is no instant`;
  if (Math.abs(request.plannedAtMs ?? 0) > MAX_INSTANT_MS) return `plannedAtMs ${request.plannedAtMs} is no instant`;
  return null;
}

const MAX_INSTANT_MS = 8_640_000_000_000_000;

function scriptOf(request: RunRequest): ScriptSource | null {
  const type = request.glueType ?? 'BEAN';
  if (!isScriptType(type)) return null;
  return { type, text: request.glueSource ?? '', updatedAtMs: request.glueUpdatetime ?? 0 };
}

/** Below 2^53 until the year 2248; two jobs share a value only when fired in one millisecond and 1,024 ids apart. */
const derivedRunId = (logDateTime: number, jobId: number): number => logDateTime * 1_024 + (jobId % 1_024);

/** Whether the run's id was made here, because the scheduler that sent it is none of ours. */
export const isRunIdDerived = (of: {
  readonly runId: number;
  readonly logDateTime: number;
  readonly jobId: number;
}): boolean => of.runId === derivedRunId(of.logDateTime, of.jobId);
