/** The public API of batch jobs, `daybreak/batch`: steps, chunks, readers, writers, and a store that keeps checkpoints. */
import '../../shared/needs-node.ts';

export { batchInspections } from '../inspect/inspect-batch.ts';
export { openExecutorStore } from '../storage/open-executor-store.ts';
export {
  type BatchJob,
  type BatchJobResult,
  type BatchStep,
  chunkStep,
  defineBatchJob,
  type RunBatchJobOptions,
  runBatchJob,
  type StepResult,
} from './batch-job.ts';
export { type BatchProgress, readBatchProgress } from './batch-progress.ts';
export type { ItemCursor, ItemPage, ItemReader } from './item-reader.ts';
export { type CsvFile, type CsvRecord, csvFileReader } from './readers/csv-file-reader.ts';
export { keysetTableReader } from './readers/keyset-table-reader.ts';
export type { RetryPolicy } from './retry-policy.ts';
export type { SkipPolicy } from './skip-policy.ts';
export type { ChunkStep, ItemProcessor, ItemWriter } from './step.ts';
export type { StepCounts } from './step-counts.ts';
export { type MultiRowTarget, multiRowWriter } from './writers/multi-row-writer.ts';
