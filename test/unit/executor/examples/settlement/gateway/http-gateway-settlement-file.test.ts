import { expect, test } from 'vitest';
import type { SettlementLine } from '../../../../../../executor/downstream/define-downstream.ts';
import { readSettlementLines } from '../../../../../../executor/examples/settlement/http-gateway-settlement-file.ts';

const HEADER = 'gateway_ref,request_no,account_no,currency,amount,settled_at\n';

async function read(text: string | Buffer, pieceBytes = 7): Promise<SettlementLine[]> {
  const bytes = Buffer.from(text);
  async function* pieces(): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
  }
  const lines: SettlementLine[] = [];
  for await (const batch of readSettlementLines(pieces())) lines.push(...batch);
  return lines;
}

const line = (gatewayRef: string, requestNo: string) => ({
  gatewayRef,
  requestNo,
  accountNo: '62',
  currency: 'CNY',
  amount: '100',
  settledAt: '1795000000000',
});

test.each([1, 2, 7, 64, 10_000])('lines come whole when the text comes in pieces of %i bytes', async (pieceBytes) => {
  const text = `\uFEFF${HEADER}G1,R1,62,CNY,100,1795000000000\r\n"G,""2""\n",R2 ü,62,CNY,100,1795000000000\nTRAILER,2`;
  expect(await read(text, pieceBytes)).toEqual([line('G1', 'R1'), line('G,"2"\n', 'R2 ü')]);
});

test('amounts stay text, for the judge to judge', async () => {
  expect((await read(`${HEADER}G1,R1,62,CNY,1e2,x\nTRAILER,1\n\n`))[0]).toMatchObject({
    amount: '1e2',
    settledAt: 'x',
  });
});

test('no lines and a trailer of 0 is a file', async () => {
  expect(await read(`${HEADER}TRAILER,0\n`)).toEqual([]);
});

test('lines come in batches of at most 1,000', async () => {
  async function* pieces(): AsyncGenerator<Buffer> {
    yield Buffer.from(HEADER);
    for (let at = 0; at < 2_500; at++) yield Buffer.from(`G${at},R${at},62,CNY,100,1\n`);
    yield Buffer.from('TRAILER,2500\n');
  }
  const sizes: number[] = [];
  for await (const batch of readSettlementLines(pieces())) sizes.push(batch.length);
  expect(sizes).toEqual([1_000, 1_000, 500]);
});

test.each([
  ['nothing', '', /empty/],
  ['another header', 'gateway_ref,request_no,amount\nTRAILER,0\n', /header/],
  ['no trailer', `${HEADER}G1,R1,62,CNY,100,1\n`, /no TRAILER/],
  ['a line that is cut', `${HEADER}G1,R1,62,CN`, /six fields/],
  ['a trailer that is cut', `${HEADER}G1,R1,62,CNY,100,1\nTRAILER,`, /TRAILER says/],
  ['a trailer of another number', `${HEADER}G1,R1,62,CNY,100,1\nTRAILER,2\n`, /TRAILER says 2 lines, and there are 1/],
  ['a trailer that is no number', `${HEADER}TRAILER,0x0\n`, /TRAILER says/],
  ['lines after the trailer', `${HEADER}TRAILER,0\nG1,R1,62,CNY,100,1\n`, /after its TRAILER/],
  ['two trailers', `${HEADER}TRAILER,0\nTRAILER,0\n`, /after its TRAILER/],
  ['seven fields', `${HEADER}G1,R1,62,CNY,100,1,x\nTRAILER,1\n`, /six fields/],
  ['a quote that does not close', `${HEADER}"G1,R1,62,CNY,100,1\nTRAILER,1\n`, /six fields/],
  ['a quote in the middle of a field', `${HEADER}G"1",R1,62,CNY,100,1\nTRAILER,1\n`, /six fields/],
])('%s makes the file unusable', async (_name, text, why) => {
  await expect(read(text)).rejects.toThrow(
    expect.objectContaining({ code: 'SETTLEMENT_FILE_UNUSABLE', message: expect.stringMatching(why) }),
  );
});

test('a line without end is given up, not collected', async () => {
  await expect(read(`${HEADER}${'x'.repeat(200_000)}`, 4_096)).rejects.toThrow(/longer than/);
});
