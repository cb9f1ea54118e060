import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hasMysql } from './bench-stores.ts';
import type { Measured } from './parts.ts';
import { openSettlePlace, type SettlePlace } from './settle-place.ts';

const GROWTH_MAX = 1.1;
const RSS_MB_MAX = 200;
const PARTITION_BYTES_MAX = 1_000;
const PARTITIONS = 1_000;
const CALLS_AT_ONCE = 50;

export interface FlatMemorySize {
  readonly flatRows: number;
  readonly flatRowsBefore: number;
  readonly slowRows: number;
  readonly slowMs: number;
  readonly partitionRows: number;
}

/** What a process of batch jobs needs: with ten times the rows, with a target that is slow, and with many partitions. */
export async function flatMemoryPart(size: FlatMemorySize, say: (line: string) => void): Promise<readonly Measured[]> {
  const measured: Measured[] = [];
  if (await hasMysql()) {
    const place = await openSettlePlace('mysql', size.flatRows);
    try {
      measured.push(...(await manyRows(place, size)), await slowTarget(place, size));
    } finally {
      await place.remove();
    }
  } else say('no MariaDB answers on this machine: its figures are left out');
  const place = await openSettlePlace('sqlite', size.partitionRows);
  try {
    measured.push(await manyPartitions(place, size));
  } finally {
    await place.remove();
  }
  return measured;
}

async function manyRows(
  place: SettlePlace,
  { flatRows, flatRowsBefore }: FlatMemorySize,
): Promise<readonly Measured[]> {
  await place.empty();
  const few = await place.settle({ rows: flatRowsBefore });
  await place.empty();
  const many = await place.settle({ rows: flatRows });
  const growth = many.peakRssMb / few.peakRssMb;
  return [
    {
      id: 'flat-memory',
      value: Math.round(many.peakRssMb),
      unit: 'MB',
      holds: many.peakRssMb <= RSS_MB_MAX,
      text: `a process that settles ${grouped(flatRows)} rows on MariaDB, its heap limited to 128 MB, peaks at ${many.peakRssMb.toFixed(0)} MB resident (at most ${RSS_MB_MAX}); live after a collection ${mb(many.earlyBytes)} MB after a quarter, ${mb(many.endBytes)} MB at the end`,
    },
    {
      id: 'flat-memory-growth',
      value: Number(growth.toFixed(2)),
      unit: 'times',
      holds: growth <= GROWTH_MAX,
      text: `that is ${growth.toFixed(2)} times what ${grouped(flatRowsBefore)} rows take, ${few.peakRssMb.toFixed(0)} MB (at most ${GROWTH_MAX} times)`,
    },
  ];
}

async function slowTarget(place: SettlePlace, { slowRows, slowMs }: FlatMemorySize): Promise<Measured> {
  const stub = createServer((request, response) => {
    request.resume();
    setTimeout(() => response.end('{"fee":"taken"}'), slowMs);
  });
  await new Promise<void>((resolve) => stub.listen(0, '127.0.0.1', resolve));
  try {
    await place.empty();
    const stubUrl = `http://127.0.0.1:${(stub.address() as AddressInfo).port}/`;
    const chunkSize = Math.ceil(slowRows / 20);
    const { peakRssMb, earlyBytes, endBytes } = await place.settle({
      ...{ rows: slowRows, concurrency: CALLS_AT_ONCE, chunkSize, stubUrl },
    });
    return {
      id: 'flat-memory-slow',
      value: Math.round(peakRssMb),
      unit: 'MB',
      holds: peakRssMb <= RSS_MB_MAX && endBytes <= earlyBytes * GROWTH_MAX,
      text: `${CALLS_AT_ONCE} calls at a time to a target that answers after ${slowMs} ms, ${grouped(slowRows)} in all: peak ${peakRssMb.toFixed(0)} MB (at most ${RSS_MB_MAX}); live after a collection ${mb(earlyBytes)} MB after a quarter, ${mb(endBytes)} MB at the end (at most ${GROWTH_MAX} times)`,
    };
  } finally {
    stub.closeAllConnections();
    stub.close();
  }
}

async function manyPartitions(place: SettlePlace, { partitionRows }: FlatMemorySize): Promise<Measured> {
  await place.empty();
  const { earlyBytes, endBytes } = await place.settle({ partitions: PARTITIONS, atOnce: 8 });
  const perPartition = Math.round((endBytes - earlyBytes) / (PARTITIONS * 0.9));
  return {
    id: 'flat-memory-partitions',
    value: perPartition,
    unit: 'bytes a partition',
    holds: perPartition <= PARTITION_BYTES_MAX,
    text: `${grouped(PARTITIONS)} partitions of ${grouped(partitionRows / PARTITIONS)} rows on SQLite, eight at a time: live ${mb(earlyBytes)} MB after ${PARTITIONS / 10} of them, ${mb(endBytes)} MB after all; ${perPartition} bytes a partition (at most ${grouped(PARTITION_BYTES_MAX)})`,
  };
}

const mb = (bytes: number): string => (bytes / 1_048_576).toFixed(1);
const grouped = (number: number): string => number.toLocaleString('en-US');
