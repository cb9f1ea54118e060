import type { SqlTx } from '../../shared/sql/sql.ts';
import type { JsonValue } from '../handler/handler-context.ts';
import type { StepCounts, StepPhase } from './step-counts.ts';

/** How far a step has come: committed together with the rows that it stands for. */
export interface Checkpoint<Position extends JsonValue> {
  /** Null before the first chunk. */
  readonly position: Position | null;
  readonly counts: StepCounts;
}

/** An item that was left out, kept for later handling. */
export interface SkippedItem {
  readonly phase: StepPhase;
  /** As the reader names it, e.g. `line 17` or `id 4711`. */
  readonly place: string;
  /** The error's code where it has one, else its name. */
  readonly code: string;
  readonly message: string;
  readonly payload: string;
}

/**
 * Where a step keeps its checkpoint. The engine has a table of its own for it (`sqlCheckpointStore`); a step that has
 * a row of its own to keep, as the import of a plan file has, brings its own store.
 */
export interface CheckpointStore<Position extends JsonValue> {
  load(): Promise<Checkpoint<Position>>;
  /**
   * The first statement of every chunk's transaction. Locks the checkpoint's row and throws `LeaseLostError` unless it
   * is at `expected`: so a stale worker writes nothing, and a commit whose answer was lost is seen before its chunk
   * would be written a second time.
   */
  assertAt(tx: SqlTx, expected: Checkpoint<Position>): Promise<void>;
  /** The last statements of every chunk's transaction. */
  save(tx: SqlTx, next: Checkpoint<Position>, skipped: readonly SkippedItem[]): Promise<void>;
}

export function isSamePosition(a: JsonValue, b: JsonValue): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
