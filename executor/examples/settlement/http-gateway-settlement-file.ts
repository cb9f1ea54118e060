import { StringDecoder } from 'node:string_decoder';
import { SettlementFileError } from '../../../shared/errors.ts';
import type { SettlementLine } from '../../downstream/define-downstream.ts';

const HEADER = 'gateway_ref,request_no,account_no,currency,amount,settled_at';
const BATCH_MAX = 1_000;
/** A record longer than this is no settlement line; without a bound, a file without line ends would fill the memory. */
const RECORD_CHARS_MAX = 64 * 1024;

/**
 * The lines of a settlement file in batches of at most 1,000, from its text in pieces of any size.
 *
 * The trailer comes last, so whether a file counts is known only when all of it has been read: the generator throws
 * SettlementFileError at the end of a file that is cut or whose TRAILER is missing or wrong, and at once for a wrong
 * header or a line that is no record. Whoever reads stages what came and lets it count only after the last batch.
 */
export async function* readSettlementLines(pieces: AsyncIterable<Buffer>): AsyncGenerator<readonly SettlementLine[]> {
  let batch: SettlementLine[] = [];
  let lines = 0;
  let headerSeen = false;
  let trailer: string | null = null;
  for await (const record of recordsOf(pieces)) {
    if (!headerSeen) {
      if (record !== HEADER) throw unusable(`its header is not "${HEADER}"`);
      headerSeen = true;
      continue;
    }
    if (record === '') continue;
    if (trailer !== null) throw unusable('there are lines after its TRAILER');
    const fields = fieldsOf(record);
    if (fields?.length === 2 && fields[0] === 'TRAILER') {
      trailer = fields[1] ?? '';
      continue;
    }
    if (fields?.length !== 6) throw unusable(`its line ${lines + 2} has not six fields`);
    const [gatewayRef = '', requestNo = '', accountNo = '', currency = '', amount = '', settledAt = ''] = fields;
    lines++;
    batch.push({ gatewayRef, requestNo, accountNo, currency, amount, settledAt });
    if (batch.length === BATCH_MAX) {
      yield batch;
      batch = [];
    }
  }
  if (!headerSeen) throw unusable('it is empty, without a header');
  if (trailer === null) throw unusable('it has no TRAILER: it was cut');
  if (!/^\d{1,15}$/.test(trailer) || Number(trailer) !== lines) {
    throw unusable(`its TRAILER says ${trailer.slice(0, 20)} lines, and there are ${lines}`);
  }
  if (batch.length > 0) yield batch;
}

const unusable = (why: string): SettlementFileError =>
  new SettlementFileError(`the settlement file cannot be used: ${why}`);

/** Records as RFC 4180 has them: a line end inside quotes belongs to the record. */
async function* recordsOf(pieces: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let first = true;
  for await (const piece of pieces) {
    rest += decoder.write(piece);
    if (first && rest !== '') {
      if (rest.startsWith('\uFEFF')) rest = rest.slice(1);
      first = false;
    }
    let from = 0;
    let searchFrom = 0;
    for (let end = rest.indexOf('\n', searchFrom); end !== -1; end = rest.indexOf('\n', searchFrom)) {
      const record = rest.slice(from, end);
      searchFrom = end + 1;
      if (hasOpenQuote(record)) continue;
      from = searchFrom;
      yield record.endsWith('\r') ? record.slice(0, -1) : record;
    }
    rest = rest.slice(from);
    if (rest.length > RECORD_CHARS_MAX) throw unusable(`a line is longer than ${RECORD_CHARS_MAX} characters`);
  }
  rest += decoder.end();
  if (rest !== '') yield rest.endsWith('\r') ? rest.slice(0, -1) : rest;
}

function hasOpenQuote(record: string): boolean {
  let open = false;
  for (let at = record.indexOf('"'); at !== -1; at = record.indexOf('"', at + 1)) open = !open;
  return open;
}

/** The fields of one record, or null when its quotes do not close properly. */
function fieldsOf(record: string): string[] | null {
  if (!record.includes('"')) return record.split(',');
  const fields: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
  while (field.lastIndex <= record.length) {
    const match = field.exec(record);
    if (!match) return null;
    fields.push(match[1] === undefined ? (match[2] ?? '') : match[1].replaceAll('""', '"'));
    if (match[3] === '') return fields;
  }
  return null;
}
