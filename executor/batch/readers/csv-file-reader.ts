import { type FileHandle, open } from 'node:fs/promises';
import { DaybreakError, messageOf } from '../../../shared/errors.ts';
import type { BadRecord, ItemCursor, ItemPage, ItemReader } from '../item-reader.ts';
import { CsvFieldSplitter } from './csv-fields.ts';
import { readBlocks } from './read-blocks.ts';

export interface CsvFile {
  readonly path: string;
  /** Names of the columns in their order; default: the first line holds them, and is no record. */
  readonly columns?: readonly string[];
  /** One ASCII character, default `,`. */
  readonly delimiter?: string;
  /** Whether a quoted field may hold line ends; default false: then a line is a record, whatever its quotes do. */
  readonly quotedNewlines?: boolean;
  /** A longer record is a bad one; default 1 MiB. With `quotedNewlines` it is also how far a stray quote can reach. */
  readonly recordBytesMax?: number;
}

export interface CsvRecord {
  /** Physical, from 1; of a record over several lines the first. */
  readonly lineNo: number;
  readonly fields: Readonly<Record<string, string>>;
}

/** The byte at which the next record begins, so a restart is exact whatever the characters are. */
export type CsvPosition = { readonly byteOffset: number; readonly lineNo: number };

/**
 * Reads a CSV file (RFC 4180, UTF-8 with or without byte order mark, LF or CRLF) into records with named fields.
 * Empty lines are passed over. A record with the wrong number of fields, or with quotes that do not close, is a bad
 * record: skipped when the step's skip policy allows it, else the end of the step.
 * @example
 * const reader = csvFileReader({ path: params.file, quotedNewlines: true });
 */
export function csvFileReader(given: CsvFile): ItemReader<CsvRecord, CsvPosition> {
  return {
    open: async (from) => {
      const file = await openForReading(given.path);
      try {
        return await CsvCursor.begin(given, file, from);
      } catch (error) {
        await file.close();
        throw error;
      }
    },
  };
}

async function openForReading(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    throw new DaybreakError('BAD_INPUT', `the file ${path} cannot be opened: ${messageOf(error)}`, { cause: error });
  }
}

const CR = 0x0d;
const LF = 0x0a;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
const RECORD_BYTES_MAX = 1024 * 1024;

/** A record as cut from the file: its fields' text, or null when it is none, and its bytes for the skip list. */
interface Cut {
  readonly lineNo: number;
  readonly fields: readonly string[] | null;
  readonly isBlank: boolean;
  readonly why: string;
  readonly raw: Buffer;
}

class CsvCursor implements ItemCursor<CsvRecord, CsvPosition> {
  readonly #given: CsvFile;
  readonly #file: FileHandle;
  #columns: readonly string[] = [];
  #blocks: AsyncGenerator<Buffer, void, undefined> | null = null;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #offset = 0;
  #lineNo = 1;
  #sourceEnded = false;
  /** The last page's position: where reading begins again after a page that failed. */
  #settled: CsvPosition = { byteOffset: 0, lineNo: 1 };

  static async begin(given: CsvFile, file: FileHandle, from: CsvPosition | null): Promise<CsvCursor> {
    const cursor = new CsvCursor(given, file);
    await cursor.#readHeader();
    if (from !== null) {
      const { size } = await file.stat();
      if (size < from.byteOffset) {
        throw new DaybreakError(
          'BAD_INPUT',
          `the file ${given.path} is shorter than the part of it that was read before`,
        );
      }
      await cursor.#seek(from);
    }
    return cursor;
  }

  private constructor(given: CsvFile, file: FileHandle) {
    this.#given = given;
    this.#file = file;
  }

  async read(limit: number): Promise<ItemPage<CsvRecord, CsvPosition>> {
    // The page before failed half way: take it up where it began, or its first records would be lost.
    if (this.#blocks === null) await this.#seek(this.#settled);
    try {
      return await this.#readPage(limit);
    } catch (error) {
      await this.#stopBlocks();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#stopBlocks();
    await this.#file.close();
  }

  async #readPage(limit: number): Promise<ItemPage<CsvRecord, CsvPosition>> {
    const items: CsvRecord[] = [];
    const bad: BadRecord[] = [];
    let isLast = false;
    while (items.length + bad.length < limit) {
      const cut = await this.#cutRecord();
      if (cut === null) {
        isLast = true;
        break;
      }
      if (cut.isBlank) continue;
      if (cut.fields !== null && cut.fields.length === this.#columns.length) {
        items.push({ lineNo: cut.lineNo, fields: named(this.#columns, cut.fields) });
      } else bad.push(this.#badRecord(cut));
    }
    this.#settled = { byteOffset: this.#offset + this.#at, lineNo: this.#lineNo };
    const placeOf = (index: number): string => `line ${items[index]?.lineNo}`;
    return { items, bad, position: this.#settled, isLast, placeOf };
  }

  #badRecord(cut: Cut): BadRecord {
    const why = cut.fields === null ? cut.why : `it has ${cut.fields.length} fields, not ${this.#columns.length}`;
    const place = `line ${cut.lineNo}`;
    const error = new DaybreakError('BAD_INPUT', `${this.#given.path}, ${place}: ${why}`, { details: { place } });
    return { place, error, payload: cut.raw.toString('utf8') };
  }

  async #readHeader(): Promise<void> {
    await this.#seek({ byteOffset: 0, lineNo: 1 });
    await this.#fill();
    if (this.#bytes.subarray(0, BOM.length).equals(BOM)) this.#at = BOM.length;
    if (this.#given.columns === undefined) {
      const header = await this.#cutRecord();
      if (header?.fields === null || header === null || header.isBlank) {
        throw new DaybreakError('BAD_INPUT', `the file ${this.#given.path} has no header line that names its columns`);
      }
      this.#columns = header.fields;
    } else this.#columns = this.#given.columns;
    this.#settled = { byteOffset: this.#offset + this.#at, lineNo: this.#lineNo };
  }

  /** The next record, its line end passed over; null at the end of the file. */
  async #cutRecord(): Promise<Cut | null> {
    const splitter = new CsvFieldSplitter({ delimiter: (this.#given.delimiter ?? ',').charCodeAt(0) });
    const max = this.#given.recordBytesMax ?? RECORD_BYTES_MAX;
    const lineNo = this.#lineNo;
    const kept: Buffer[] = [];
    let keptBytes = 0;
    while (true) {
      const line = await this.#cutLine(max);
      if (line === null && kept.length === 0) return null;
      if (line !== null) {
        if (keptBytes < max) kept.push(line.bytes);
        keptBytes += line.length;
        splitter.push(line.bytes);
        const goesOn = this.#given.quotedNewlines === true && splitter.insideQuotes && keptBytes < max;
        if (goesOn && line.ending.length > 0) {
          kept.push(line.ending);
          splitter.push(line.ending);
          continue;
        }
      }
      const raw = Buffer.concat(kept);
      if (keptBytes > max) return { lineNo, fields: null, isBlank: false, why: `it is longer than ${max} bytes`, raw };
      const fields = splitter.end()?.map((field) => field.toString('utf8')) ?? null;
      return { lineNo, fields, isBlank: raw.length === 0, why: 'its quotes do not close', raw };
    }
  }

  /** One line without its end, of which at most `keep` bytes are held; null at the end of the file. */
  async #cutLine(keep: number): Promise<{ bytes: Buffer; length: number; ending: Buffer } | null> {
    const parts: Buffer[] = [];
    let length = 0;
    while (true) {
      const lf = this.#bytes.indexOf(LF, this.#at);
      const to = lf < 0 ? this.#bytes.length : lf;
      const part = this.#bytes.subarray(this.#at, to);
      if (length <= keep) parts.push(part);
      length += part.length;
      this.#at = lf < 0 ? to : lf + 1;
      if (lf >= 0 || !(await this.#fill())) {
        if (lf < 0 && length === 0) return null;
        if (lf >= 0) this.#lineNo += 1;
        const bytes = Buffer.concat(parts);
        const hasCr = lf >= 0 && bytes.length === length && bytes.at(-1) === CR;
        const ending = lf < 0 ? NO_ENDING : hasCr ? CRLF_ENDING : LF_ENDING;
        const kept = hasCr ? bytes.subarray(0, -1) : bytes.subarray(0, keep);
        return { bytes: kept, length: hasCr ? length - 1 : length, ending };
      }
    }
  }

  /** Replaces the worked-off block by the next; false at the end of the file. */
  async #fill(): Promise<boolean> {
    if (this.#sourceEnded || this.#blocks === null) return false;
    const next = await this.#blocks.next();
    if (next.done === true) {
      this.#sourceEnded = true;
      return false;
    }
    this.#offset += this.#bytes.length;
    this.#bytes = next.value;
    this.#at = 0;
    return true;
  }

  async #seek({ byteOffset, lineNo }: CsvPosition): Promise<void> {
    await this.#stopBlocks();
    this.#blocks = readBlocks(this.#file, byteOffset);
    this.#bytes = Buffer.alloc(0);
    this.#at = 0;
    this.#offset = byteOffset;
    this.#lineNo = lineNo;
    this.#sourceEnded = false;
    this.#settled = { byteOffset, lineNo };
  }

  async #stopBlocks(): Promise<void> {
    await this.#blocks?.return();
    this.#blocks = null;
  }
}

const NO_ENDING = Buffer.alloc(0);
const LF_ENDING = Buffer.from([LF]);
const CRLF_ENDING = Buffer.from([CR, LF]);

function named(columns: readonly string[], values: readonly string[]): Readonly<Record<string, string>> {
  // fromEntries defines properties, so a column named __proto__ is a column like any other.
  return Object.fromEntries(columns.map((column, i) => [column, values[i] as string]));
}
