import type { LogLevel } from '../handler/handler-context.ts';
import { compiledOrSource } from '../handler/isolation/load-handler.ts';
import { type ForkedGroup, forkGroup } from '../handler/isolation/process-group-fork.ts';

export type ForkWorker = (listeners: {
  readonly onMessage: (message: unknown) => void;
  readonly onOutput: (level: LogLevel, line: string) => void;
}) => ForkedGroup;

/** One worker process. What it is to do comes as its first message: a command line is seen by everybody. */
export const forkWorker: ForkWorker = (listeners) =>
  forkGroup({
    entry: new URL(compiledOrSource(new URL('./process-worker-entry.ts', import.meta.url).href)),
    args: [],
    memoryMbMax: null,
    ...listeners,
  });
