import { createHandlerContext } from '../../executor/handler/create-handler-context.ts';
import type { HandlerContext } from '../../executor/handler/handler-context.ts';

export interface GivenContext {
  readonly ctx: HandlerContext<never>;
  readonly stop: AbortController;
  /** `INFO  text`, as a run log has them. */
  readonly lines: string[];
  /** Resolves with the first line that holds the text. */
  untilLine(text: string): Promise<string>;
}

/** A handler's context with a log in memory; `params` go in unchecked, so a test calls what lies behind the schema. */
export function givenContext(
  differing: {
    param?: string;
    params?: unknown;
    secrets?: Readonly<Record<string, string>>;
    jobId?: number;
    shardIndex?: number;
    shardTotal?: number;
  } = {},
): GivenContext {
  const stop = new AbortController();
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  const add = (level: string) => (message: string) => {
    lines.push(`${level} ${message}`);
    for (const look of [...waiting]) look();
  };
  const ctx = createHandlerContext(
    {
      logId: 91,
      logDateTime: 1_767_225_600_000,
      jobId: differing.jobId ?? 7,
      handler: 'work',
      param: differing.param ?? '',
      ...(differing.secrets === undefined ? {} : { secretValues: differing.secrets }),
      runId: 5,
      chainRunId: null,
      attempt: 1,
      shardIndex: differing.shardIndex ?? 0,
      shardTotal: differing.shardTotal ?? 1,
      businessDate: '2026-01-01',
      plannedAtMs: 1_767_225_600_000,
      cutOffAtMs: null,
      timeoutMs: null,
    },
    {
      executorAddress: 'http://127.0.0.1:9999/',
      signal: stop.signal,
      log: { info: add('INFO '), warn: add('WARN '), error: add('ERROR') },
      params: differing.params,
    },
  );
  return {
    ctx: ctx as HandlerContext<never>,
    stop,
    lines,
    untilLine: (text) =>
      new Promise((resolve) => {
        const look = () => {
          const line = lines.find((one) => one.includes(text));
          if (line === undefined) return;
          waiting.delete(look);
          resolve(line);
        };
        waiting.add(look);
        look();
      }),
  };
}
