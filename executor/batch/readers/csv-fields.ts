const QUOTE = 0x22;
const COMMA = 0x2c;

/**
 * Decides whether one more byte of a field is kept. Long lines are judged without being held in memory: the caller
 * keeps as much of each field as its rules can ask for. `kept` may be changed in place.
 */
export type KeepByte = (field: number, byte: number, kept: number[]) => boolean;

const keepAll: KeepByte = () => true;

/**
 * RFC 4180 over bytes, one line at a time and in as many pieces as it comes. A quote opens a quoted field only at
 * the field's start; anywhere else in an unquoted field it is an ordinary byte. After a closing quote only the
 * delimiter, or the end, may follow.
 * @example
 * const splitter = new CsvFieldSplitter();
 * splitter.push(Buffer.from('1,"a ""b"", c"'));
 * splitter.end(); // [Buffer '1', Buffer 'a "b", c']
 */
export class CsvFieldSplitter {
  readonly #keep: KeepByte;
  readonly #delimiter: number;
  readonly #fieldsMax: number;
  #fields: number[][] = [[]];
  #fieldCount = 1;
  #state: 'start' | 'plain' | 'quoted' | 'quote-in-quoted' | 'broken' = 'start';

  constructor(options: { keep?: KeepByte; delimiter?: number; fieldsMax?: number } = {}) {
    this.#keep = options.keep ?? keepAll;
    this.#delimiter = options.delimiter ?? COMMA;
    this.#fieldsMax = options.fieldsMax ?? Number.POSITIVE_INFINITY;
  }

  /** Whether a line end here would lie inside a quoted field. */
  get insideQuotes(): boolean {
    return this.#state === 'quoted';
  }

  push(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i += 1) this.#pushByte(bytes[i] as number);
  }

  /** The fields' bytes without their quotes, or null when the quotes do not close properly. Resets the splitter. */
  end(): readonly Buffer[] | null {
    const broken = this.#state === 'broken' || this.#state === 'quoted';
    const fields = broken ? null : this.#fields.map((bytes) => Buffer.from(bytes));
    this.#fields = [[]];
    this.#fieldCount = 1;
    this.#state = 'start';
    return fields;
  }

  #pushByte(byte: number): void {
    switch (this.#state) {
      case 'start':
        if (byte === QUOTE) this.#state = 'quoted';
        else this.#plain(byte);
        return;
      case 'plain':
        this.#plain(byte);
        return;
      case 'quoted':
        if (byte === QUOTE) this.#state = 'quote-in-quoted';
        else this.#keepByte(byte);
        return;
      case 'quote-in-quoted':
        if (byte === QUOTE) {
          this.#keepByte(byte);
          this.#state = 'quoted';
        } else if (byte === this.#delimiter) this.#nextField();
        else this.#state = 'broken';
        return;
      case 'broken':
        return;
    }
  }

  #plain(byte: number): void {
    if (byte === this.#delimiter) {
      this.#nextField();
      return;
    }
    this.#state = 'plain';
    this.#keepByte(byte);
  }

  #nextField(): void {
    this.#state = 'start';
    this.#fieldCount += 1;
    // One field more than allowed is enough to be seen; a million of them need not be held.
    if (this.#fieldCount <= this.#fieldsMax + 1) this.#fields.push([]);
  }

  #keepByte(byte: number): void {
    if (this.#fieldCount > this.#fieldsMax) return;
    const kept = this.#fields[this.#fieldCount - 1] as number[];
    if (this.#keep(this.#fieldCount - 1, byte, kept)) kept.push(byte);
  }
}

/** Splits one whole line into its decoded fields (invalid UTF-8 becomes U+FFFD), or null when quotes are broken. */
export function splitCsvLine(line: Uint8Array, delimiter = ','): readonly string[] | null {
  const text = Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString('utf8');
  if (!text.includes('"')) return text.split(delimiter);
  const splitter = new CsvFieldSplitter({ delimiter: delimiter.charCodeAt(0) });
  splitter.push(line);
  return splitter.end()?.map((field) => field.toString('utf8')) ?? null;
}

/** One field as it is written: quoted only when it must be, so that a reader gets exactly these bytes back. */
export function quoteCsvField(field: Buffer): Buffer {
  const needsQuotes = field.includes(QUOTE) || field.includes(COMMA) || field.includes(0x0a) || field.includes(0x0d);
  if (!needsQuotes) return field;
  const quoted: number[] = [QUOTE];
  for (const byte of field) {
    if (byte === QUOTE) quoted.push(QUOTE);
    quoted.push(byte);
  }
  quoted.push(QUOTE);
  return Buffer.from(quoted);
}

/** The same for text. */
export const quoteCsvText = (field: string): string =>
  /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
