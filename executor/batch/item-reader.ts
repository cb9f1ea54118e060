import type { JsonValue } from '../handler/handler-context.ts';

/**
 * Where items come from. A reader is a description that can be opened again and again; a cursor is one reading.
 * `Position` is what a checkpoint stores: small, JSON, and by itself enough to go on (a key, a byte offset; never a
 * count of rows, which a table that shrinks under the run would make a lie).
 */
export interface ItemReader<Item, Position extends JsonValue> {
  /** @param from the position of the last committed chunk, or null to begin at the beginning */
  open(from: Position | null, signal: AbortSignal): Promise<ItemCursor<Item, Position>>;
}

export interface ItemCursor<Item, Position extends JsonValue> {
  /**
   * The next page of at most `limit` records. Throws when the source fails: a page that cannot be read is an error
   * and never the end of the data. Called again after a throw, it reads the same page again.
   */
  read(limit: number): Promise<ItemPage<Item, Position>>;
  close(): Promise<void>;
}

export interface ItemPage<Item, Position extends JsonValue> {
  readonly items: readonly Item[];
  /** Where the next page begins; stored when this page's chunk is committed. */
  readonly position: Position;
  /** Nothing follows. A page may be empty without being the last one. */
  readonly isLast: boolean;
  /** Records that are no items, such as a line with broken quotes: they count as read and are skips of that phase. */
  readonly bad?: readonly BadRecord[];
  /** Names the place of `items[index]` for skips and messages, e.g. `line 17`. Default: its number in the page. */
  placeOf?(index: number): string;
}

export interface BadRecord {
  readonly place: string;
  readonly error: unknown;
  /** The record as it was found, for later handling. */
  readonly payload: string;
}
