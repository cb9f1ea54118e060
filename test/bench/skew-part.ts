import { hasMysql } from './bench-stores.ts';
import type { Measured } from './parts.ts';
import { measureSkew, measureTakeOver, type SkewFigure } from './skew.ts';

const SKEW_RATIO_MAX = 1.1;
const TAKE_OVER_OVER_LEASE_MS_MAX = 2_000;

/** Four executor processes on MariaDB, beside static modulo by merchant in the same run; and a node that is killed. */
export async function skewPart(rows: number, say: (line: string) => void): Promise<readonly Measured[]> {
  if (!(await hasMysql())) {
    say('no MariaDB answers on this machine, and one SQLite file is one process: its figures are left out');
    return [];
  }
  const figures = (await measureSkew(rows, say)).map(measuredOf);
  const { leaseMs, firstRowMs, wrong } = await measureTakeOver(rows);
  const seconds = (ms: number): string => (ms / 1_000).toFixed(1);
  return [
    ...figures,
    {
      id: 'take-over',
      value: Math.round(firstRowMs),
      unit: 'ms',
      holds: firstRowMs < leaseMs + TAKE_OVER_OVER_LEASE_MS_MAX && wrong === 0,
      text: `an executor killed by SIGKILL: ${seconds(firstRowMs)} s to the first row of its slice that its heir has committed (lease ${seconds(leaseMs)} s, at most 2 s more), ${wrong} rows not done exactly once`,
    },
  ];
}

function measuredOf({ id, what, rows, idealMs, slicedMs, moduloMs, freezeMs, wrong }: SkewFigure): Measured {
  const ratio = slicedMs / idealMs;
  const seconds = (ms: number): string => (ms / 1_000).toFixed(1);
  return {
    id,
    value: Number(ratio.toFixed(2)),
    unit: 'times the ideal',
    holds: ratio <= SKEW_RATIO_MAX && wrong === 0,
    text: `${rows.toLocaleString('en-US')} rows, ${what}: ${seconds(slicedMs)} s, ideal ${seconds(idealMs)} s, ratio ${ratio.toFixed(2)} (at most ${SKEW_RATIO_MAX.toFixed(2)}); static modulo ${seconds(moduloMs)} s, ratio ${(moduloMs / idealMs).toFixed(2)}; freezing before it ${seconds(freezeMs)} s; ${wrong} rows not done exactly once`,
  };
}
