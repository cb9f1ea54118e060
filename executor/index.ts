/** The public API of an executor: what a program needs to run handlers for a scheduler, and to take money safely. */
import '../shared/needs-node.ts';

export {
  type BatchJob,
  type BatchJobResult,
  chunkStep,
  defineBatchJob,
  runBatchJob,
} from './batch/batch-job.ts';
export type { ItemCursor, ItemPage, ItemReader } from './batch/item-reader.ts';
export { csvFileReader } from './batch/readers/csv-file-reader.ts';
export { keysetTableReader } from './batch/readers/keyset-table-reader.ts';
export type { RetryPolicy } from './batch/retry-policy.ts';
export type { SkipPolicy } from './batch/skip-policy.ts';
export type { ChunkStep, ItemProcessor, ItemWriter } from './batch/step.ts';
export type { StepCounts } from './batch/step-counts.ts';
export { multiRowWriter } from './batch/writers/multi-row-writer.ts';
export { createExecutor, type Executor } from './create-executor.ts';
export { createMoneyEngine, type MoneyEngineOptions } from './downstream/create-money-engine.ts';
export {
  type AnswerEntry,
  type Debit,
  type Downstream,
  type DownstreamCapabilities,
  defineDownstream,
  type Exchange,
  type Outcome,
  type SettledItem,
  type SettlementFile,
  type SettlementLine,
} from './downstream/define-downstream.ts';
export type { DebitJob, MoneyEngine } from './downstream/money-engine.ts';
export { type AllowedCommand, type CommandHandlerOptions, commandHandler } from './handler/builtin/command-handler.ts';
export { type HttpHandlerOptions, httpHandler } from './handler/builtin/http-handler.ts';
export type { ScriptOptions } from './handler/builtin/script-runner.ts';
export type { InterpreterName } from './handler/builtin/script-types.ts';
export {
  type DefinedHandler,
  defineHandler,
  type HandlerDefinition,
  type HandlerDescription,
  type InlineHandlerDefinition,
  type IsolatedHandlerDefinition,
} from './handler/define-handler.ts';
export type {
  Handler,
  HandlerContext,
  HandlerLog,
  HandlerResult,
  InputFile,
  Isolation,
  JsonValue,
  LogLevel,
  RunLog,
  Spread,
} from './handler/handler-context.ts';
export type { SecretOptions, SecretsOption } from './handler/secrets.ts';
export type { ExecutorOptions, HoldOptions } from './node/executor-options.ts';
export type { ExecutorRoutes, RoutesOptions } from './node/http-mounted-routes.ts';
export type { RunningAttempt } from './node/slot-entry.ts';
export type { PoolOptions } from './node/slot-pools.ts';
export { createThrottle } from './slice/create-throttle.ts';
export type { LoadGuard } from './slice/load-guard.ts';
export type { SelectedRow, SelectionPage } from './slice/selection.ts';
export {
  defineSlicedJob,
  type SlicedJob,
  type SlicedJobDefinition,
  type SlicedJobResult,
  type SlicedRunContext,
} from './slice/sliced-job.ts';
export type { Throttle } from './slice/throttle.ts';
export type { Volunteer } from './slice/volunteer.ts';
export { openExecutorStore } from './storage/open-executor-store.ts';
export { type WorkerHandlerDefinition, workerHandler } from './workers/worker-handler.ts';
export type { OpenedWorker, OpenWorker, WorkerSetup } from './workers/worker-port.ts';
