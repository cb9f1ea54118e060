import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { DaybreakError } from '../../../shared/errors.ts';
import type { ItemCursor, ItemPage, ItemReader } from '../../batch/item-reader.ts';
import { readBlocks } from '../../batch/readers/read-blocks.ts';
import { type PlanVerdict, parsePlanLine } from './plan-line.ts';
import { LongPlanLine } from './plan-long-line.ts';

/** One data line, judged by itself. */
export interface PlanLine {
  /** Physical: the header is 1, and empty lines count. */
  readonly lineNo: number;
  /** The line's bytes as latin1, without the line end; of a line beyond `LINE_BYTES_KEPT` the beginning. */
  readonly text: string;
  readonly verdict: PlanVerdict;
}

/** The end of the last line read. A JSON type, for checkpoints. */
export type PlanPosition = {
  readonly byteOffset: number;
  readonly lineNo: number;
  /** CRC-32 of all bytes before `byteOffset`. */
  readonly crc: number;
};

/** Longer lines are judged piece by piece, and only this much of them is kept for rejects.csv. */
export const LINE_BYTES_KEPT = 1024 * 1024;

/** A page ends here even if it has fewer lines than asked for: long lines may not pile up in memory. */
const PAGE_BYTES_MAX = 4 * 1024 * 1024;

/** The file is not what the first look saw, or what an earlier part of this import read. */
export class PlanFileChangedError extends DaybreakError {
  /** 'before': the part that earlier chunks came from. 'while-read': the rest. */
  readonly part: 'before' | 'while-read';

  constructor(part: 'before' | 'while-read', message: string) {
    super('PLAN_FILE_REFUSED', message);
    this.part = part;
  }
}

/**
 * Reads the data lines of an open plan file from any committed position, and hashes every byte of the file on the
 * way: after the last page, `sha256` says what was really read.
 */
export class PlanLineReader implements ItemReader<PlanLine, PlanPosition> {
  readonly #file: FileHandle;
  readonly #trailerOffset: number;
  /** Null until the last page was read. */
  sha256: string | null = null;

  constructor(file: FileHandle, trailerOffset: number) {
    this.#file = file;
    this.#trailerOffset = trailerOffset;
  }

  async open(from: PlanPosition | null, signal: AbortSignal): Promise<ItemCursor<PlanLine, PlanPosition>> {
    this.sha256 = null;
    const cursor = new PlanLineCursor(this.#file, this.#trailerOffset, (sha256) => {
      this.sha256 = sha256;
    });
    await cursor.start(from, signal);
    return cursor;
  }
}

class PlanLineCursor implements ItemCursor<PlanLine, PlanPosition> {
  readonly #trailerOffset: number;
  readonly #onEnd: (sha256: string) => void;
  readonly #hash = createHash('sha256');
  readonly #blocks: AsyncGenerator<Buffer, void, undefined>;
  /** What is read and not yet cut into lines, as bytes and as latin1: an index is good in both. */
  #bytes: Buffer = Buffer.alloc(0);
  #text = '';
  #at = 0;
  /** File offset of `#bytes[0]`. */
  #bytesOffset = 0;
  #lineNo = 0;
  #crc = 0;
  /** Bytes before this index of `#bytes` are in `#crc`. */
  #crcAt = 0;
  /** Known to hold no LF from `#at` to here: a line over many blocks is not searched from its beginning each time. */
  #noLfBefore = 0;

  constructor(file: FileHandle, trailerOffset: number, onEnd: (sha256: string) => void) {
    this.#trailerOffset = trailerOffset;
    this.#onEnd = onEnd;
    this.#blocks = readBlocks(file);
  }

  /** Passes over what is committed already; its bytes still count for the hash, and must be the bytes it was. */
  async start(from: PlanPosition | null, signal: AbortSignal): Promise<void> {
    if (from === null) return;
    while (this.#offset() < from.byteOffset) {
      signal.throwIfAborted();
      if (this.#at === this.#bytes.length) await this.#refill();
      this.#at = Math.min(this.#bytes.length, from.byteOffset - this.#bytesOffset);
    }
    this.#updateCrc();
    this.#lineNo = from.lineNo;
    if (this.#crc !== from.crc) {
      throw new PlanFileChangedError('before', 'the part of the plan file that was imported before has changed');
    }
  }

  async read(limit: number): Promise<ItemPage<PlanLine, PlanPosition>> {
    const items: PlanLine[] = [];
    const startOffset = this.#offset();
    while (items.length < limit && this.#offset() - startOffset < PAGE_BYTES_MAX) {
      if (this.#offset() >= this.#trailerOffset) return this.#lastPage(items);
      const lf = this.#text.indexOf('\n', this.#searchFrom());
      if (lf >= 0) {
        const line = this.#cutLine(lf);
        if (line !== null) items.push(line);
      } else if (this.#text.length - this.#at > LINE_BYTES_KEPT) {
        items.push(await this.#longLine());
      } else {
        await this.#refill();
      }
    }
    return this.#page(items, false);
  }

  async close(): Promise<void> {
    await this.#blocks.return();
  }

  #page(items: readonly PlanLine[], isLast: boolean): ItemPage<PlanLine, PlanPosition> {
    this.#updateCrc();
    const position = { byteOffset: this.#offset(), lineNo: this.#lineNo, crc: this.#crc };
    const placeOf = (index: number): string => `line ${items[index]?.lineNo}`;
    return { items, position, isLast, placeOf };
  }

  /** After the data only the hash goes on, over the trailer and whatever follows it. */
  async #lastPage(items: readonly PlanLine[]): Promise<ItemPage<PlanLine, PlanPosition>> {
    const page = this.#page(items, true);
    for await (const block of this.#blocks) this.#hash.update(block);
    this.#onEnd(this.#hash.digest('hex'));
    return page;
  }

  /** Null for the header and for an empty line. Every data line ends with an LF, because the trailer follows it. */
  #cutLine(lf: number): PlanLine | null {
    const from = this.#at;
    const to = lf > from && this.#text.charCodeAt(lf - 1) === 0x0d ? lf - 1 : lf;
    this.#at = lf + 1;
    this.#noLfBefore = 0;
    this.#lineNo += 1;
    if (to === from || this.#lineNo === 1) return null;
    const text = this.#text.slice(from, to);
    return { lineNo: this.#lineNo, text, verdict: parsePlanLine(text) };
  }

  #searchFrom(): number {
    return Math.max(this.#at, this.#noLfBefore);
  }

  async #longLine(): Promise<PlanLine> {
    const judged = new LongPlanLine();
    const text = this.#text.slice(this.#at, this.#at + LINE_BYTES_KEPT);
    let heldCr = false;
    while (true) {
      const lf = this.#bytes.indexOf(0x0a, this.#at);
      const piece = this.#bytes.subarray(this.#at, lf < 0 ? this.#bytes.length : lf);
      // A CR that ends a piece is data unless an LF is the very next byte.
      if (heldCr && piece.length > 0) judged.push(CR_BYTE);
      const endsWithCr: boolean = piece.length > 0 ? piece[piece.length - 1] === 0x0d : heldCr;
      judged.push(piece.length > 0 && endsWithCr ? piece.subarray(0, -1) : piece);
      heldCr = endsWithCr;
      if (lf >= 0) {
        this.#at = lf + 1;
        this.#noLfBefore = 0;
        this.#lineNo += 1;
        return { lineNo: this.#lineNo, text, verdict: judged.end() };
      }
      this.#at = this.#bytes.length;
      await this.#refill();
    }
  }

  #offset(): number {
    return this.#bytesOffset + this.#at;
  }

  #updateCrc(): void {
    if (this.#crcAt === this.#at) return;
    this.#crc = crc32(this.#bytes.subarray(this.#crcAt, this.#at), this.#crc);
    this.#crcAt = this.#at;
  }

  async #refill(): Promise<void> {
    const next = await this.#blocks.next();
    if (next.done === true)
      throw new PlanFileChangedError('while-read', 'the plan file became shorter while it was read');
    this.#hash.update(next.value);
    this.#updateCrc();
    const rest = this.#bytes.subarray(this.#at);
    this.#noLfBefore = rest.length;
    this.#bytesOffset += this.#at;
    this.#bytes = rest.length === 0 ? next.value : Buffer.concat([rest, next.value]);
    this.#text = this.#bytes.toString('latin1');
    this.#at = 0;
    this.#crcAt = 0;
  }
}

const CR_BYTE = Buffer.from([0x0d]);
