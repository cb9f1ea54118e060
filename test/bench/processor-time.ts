import { readFileSync } from 'node:fs';
import { createConnection } from 'mysql2/promise';
import { BENCH_SERVER } from './bench-stores.ts';

// Ticks of `utime` and `stime` in /proc: Linux has had a hundred in a second on every machine of the last decades.
const TICKS_PER_SECOND = 100;

/** Processor seconds that each of these processes has used so far, by its name; one that has ended or is not Linux': 0. */
export function processorSeconds(pids: ReadonlyMap<string, readonly number[]>): Map<string, number> {
  return new Map([...pids].map(([name, all]) => [name, all.reduce((sum, pid) => sum + secondsOf(pid), 0)]));
}

function secondsOf(pid: number): number {
  try {
    // The name in brackets may hold spaces; user and system time are the 12th and 13th field after it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return 0;
  }
}

/** The process of the bench's database server where it runs on this machine; else none. */
export async function serverPids(): Promise<number[]> {
  const connection = await createConnection(BENCH_SERVER);
  try {
    const [rows] = await connection.query('select @@pid_file as file');
    const file = (rows as { file: string }[])[0]?.file ?? '';
    return [Number(readFileSync(file, 'utf8').trim())].filter((pid) => pid > 0);
  } catch {
    return [];
  } finally {
    await connection.end();
  }
}
