import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { messageOf } from '../../../shared/errors.ts';
import { readBlocks } from '../../batch/readers/read-blocks.ts';
import { PLAN_HEADER } from './plan-line.ts';

/** Why a file is refused whole. */
export type PlanFileRefusal = 'NOT_READABLE' | 'HEADER' | 'TRAILER_MISSING' | 'TRAILER_COUNT';

/** What a first look at a plan file finds, before anything is stored. */
export type PlanFileInspection =
  | {
      readonly kind: 'ok';
      /** Lower-case hex, over every byte of the file. */
      readonly sha256: string;
      readonly sizeBytes: number;
      /** Lines between header and trailer that are not empty. */
      readonly dataLines: number;
      /** Where the trailer begins: all data lines end before it. */
      readonly trailerOffset: number;
    }
  | {
      readonly kind: 'refused';
      readonly reason: PlanFileRefusal;
      /** One sentence for the person who gave the file. */
      readonly sentence: string;
      /** Null when the file could not be read. */
      readonly sha256: string | null;
      readonly sizeBytes: number | null;
      readonly dataLines: number;
    };

/**
 * Reads a plan file once, from end to end and in constant memory: its hash, its header, its trailer, the number of
 * its data lines. Nothing is thrown for a bad or missing file; that is a refusal with a sentence.
 * @example
 * const inspection = await inspectPlanFile('plans.csv');
 * if (inspection.kind === 'refused') console.error(inspection.sentence);
 */
export async function inspectPlanFile(path: string, signal?: AbortSignal): Promise<PlanFileInspection> {
  const opened = await openPlanFile(path);
  if (opened.kind === 'refused') return opened;
  try {
    return await inspectOpenPlanFile(opened.file, path, signal);
  } finally {
    await opened.file.close();
  }
}

export type OpenedPlanFile =
  | { readonly kind: 'opened'; readonly file: FileHandle }
  | Extract<PlanFileInspection, { kind: 'refused' }>;

export async function openPlanFile(path: string): Promise<OpenedPlanFile> {
  let file: FileHandle;
  try {
    // Not blocking, because the path may be a pipe, and opening one waits for its other end.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return notReadable(path, error);
  }
  const stat = await file.stat();
  if (stat.isFile()) return { kind: 'opened', file };
  await file.close();
  const what = stat.isDirectory() ? 'a directory' : 'not a regular file';
  return refusal('NOT_READABLE', `the plan file ${path} is ${what}: give the path of a CSV file`);
}

export function notReadable(path: string, error: unknown): Extract<PlanFileInspection, { kind: 'refused' }> {
  const code = (error as { code?: unknown }).code;
  const why =
    code === 'ENOENT'
      ? 'does not exist: check the path'
      : code === 'EACCES' || code === 'EPERM'
        ? 'may not be read by this user: check its permissions'
        : `cannot be read: ${messageOf(error)}`;
  return refusal('NOT_READABLE', `the plan file ${path} ${why}`);
}

/** Errors of the operating system have a `code` such as ENOENT and a `syscall`. */
export function isFileSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && 'errno' in error;
}

export async function inspectOpenPlanFile(
  file: FileHandle,
  path: string,
  signal?: AbortSignal,
): Promise<PlanFileInspection> {
  const hash = createHash('sha256');
  const lines = new LineCount();
  try {
    for await (const block of readBlocks(file)) {
      signal?.throwIfAborted();
      hash.update(block);
      lines.push(block);
    }
  } catch (error) {
    if (isFileSystemError(error)) return notReadable(path, error);
    throw error;
  }
  lines.end();
  return judge(path, lines, hash.digest('hex'));
}

function judge(path: string, lines: LineCount, sha256: string): PlanFileInspection {
  const sizeBytes = lines.sizeBytes;
  const refuse = (reason: PlanFileRefusal, sentence: string, dataLines: number): PlanFileInspection => ({
    ...refusal(reason, `the plan file ${path} ${sentence}`),
    sha256,
    sizeBytes,
    dataLines,
  });
  if (lines.firstLine !== PLAN_HEADER) {
    const found = sizeBytes === 0 ? 'it is empty' : `it begins with ${quoteStart(lines.firstLine)}`;
    return refuse('HEADER', `does not begin with the header ${PLAN_HEADER}: ${found}`, 0);
  }
  const afterHeader = lines.notBlank - 1;
  const announced = parseTrailer(lines.lastLine);
  if (afterHeader === 0 || announced === null) {
    const found = afterHeader === 0 ? 'nothing follows the header' : `its last line is ${quoteStart(lines.lastLine)}`;
    return refuse(
      'TRAILER_MISSING',
      `does not end with TRAILER,<number of data lines>: ${found}; it may be cut`,
      afterHeader,
    );
  }
  const dataLines = afterHeader - 1;
  if (announced !== String(dataLines)) {
    const sentence = `announces ${announced} data lines and has ${dataLines}: it is cut or doubled; get it anew`;
    return refuse('TRAILER_COUNT', sentence, dataLines);
  }
  return { kind: 'ok', sha256, sizeBytes, dataLines, trailerOffset: lines.lastLineOffset };
}

/** The number as written, or null when the line is no trailer. One way to write a number: no sign, no leading zero. */
export function parseTrailer(line: string | null): string | null {
  return line === null ? null : (/^TRAILER,(0|[1-9][0-9]*)$/.exec(line)?.[1] ?? null);
}

function refusal(reason: PlanFileRefusal, sentence: string): Extract<PlanFileInspection, { kind: 'refused' }> {
  return { kind: 'refused', reason, sentence, sha256: null, sizeBytes: null, dataLines: 0 };
}

function quoteStart(line: string | null): string {
  if (line === null) return 'a line too long to be one';
  return JSON.stringify(line.length > 60 ? `${line.slice(0, 60)}...` : line);
}

const LF = 0x0a;
const CR = 0x0d;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
/** Header and trailer are shorter; of other lines only the length is of interest here. */
const LINE_BYTES_KEPT = 256;

/** Counts lines that are not empty, and remembers the first line and the last that is not empty. */
class LineCount {
  notBlank = 0;
  sizeBytes = 0;
  /** Without byte order mark and line end; null when it is too long to be the header. */
  firstLine: string | null = null;
  lastLine: string | null = null;
  lastLineOffset = 0;
  #linesSeen = 0;
  #lineOffset = 0;
  /** The part of the current line that earlier blocks held: its length, its beginning, its last byte. */
  #carriedBytes = 0;
  #carriedHead = Buffer.alloc(0);
  #carriedLast = -1;
  /** The last line that was not blank, kept as a range: its text is made for two lines of a file only. */
  #candidate: { head: Buffer; block: Buffer; from: number; bytes: number } | null = null;

  push(block: Buffer): void {
    let from = 0;
    if (this.sizeBytes === 0 && block.subarray(0, BOM.length).equals(BOM)) {
      from = BOM.length;
      this.#lineOffset = from;
    }
    while (from < block.length) {
      const lf = block.indexOf(LF, from);
      if (lf < 0) {
        this.#carry(block, from);
        break;
      }
      const last = lf > from ? block[lf - 1] : this.#carriedLast;
      this.#finishLine(block, from, lf, last === CR ? 1 : 0);
      from = lf + 1;
      this.#lineOffset = this.sizeBytes + from;
    }
    this.sizeBytes += block.length;
  }

  /** The end of the file ends its last line too; a CR is dropped before an LF only. */
  end(): void {
    if (this.#carriedBytes > 0) this.#finishLine(Buffer.alloc(0), 0, 0, 0);
    this.lastLine = this.#candidateText();
  }

  #carry(block: Buffer, from: number): void {
    const room = LINE_BYTES_KEPT - this.#carriedHead.length;
    if (room > 0) this.#carriedHead = Buffer.concat([this.#carriedHead, block.subarray(from, from + room)]);
    this.#carriedBytes += block.length - from;
    this.#carriedLast = block[block.length - 1] as number;
  }

  #finishLine(block: Buffer, from: number, to: number, dropped: number): void {
    const bytes = this.#carriedBytes + (to - from) - dropped;
    this.#linesSeen += 1;
    if (bytes > 0) {
      this.notBlank += 1;
      this.lastLineOffset = this.#lineOffset;
      this.#candidate = { head: this.#carriedHead, block, from, bytes };
    }
    if (this.#linesSeen === 1) this.firstLine = bytes === 0 ? '' : this.#candidateText();
    if (this.#carriedBytes > 0) {
      this.#carriedBytes = 0;
      this.#carriedHead = Buffer.alloc(0);
    }
    this.#carriedLast = -1;
  }

  #candidateText(): string | null {
    if (this.#candidate === null || this.#candidate.bytes > LINE_BYTES_KEPT) return null;
    const { head, block, from, bytes } = this.#candidate;
    return Buffer.concat([head, block.subarray(from, from + bytes)])
      .subarray(0, bytes)
      .toString('utf8');
  }
}
