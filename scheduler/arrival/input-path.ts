import { isAbsolute, normalize, resolve, sep } from 'node:path';
import { localDate } from '../../shared/business-date.ts';
import type { Arrival } from '../definition/job-definition.ts';

export interface InputFacts {
  readonly businessDate: string;
  /** Epoch ms. */
  readonly plannedAtMs: number;
  /** In which `{plannedDate}` is told. */
  readonly zone: string;
}

/** `{businessDate}` and `{plannedDate}`, both `YYYY-MM-DD`; `{compactBusinessDate}` and `{compactPlannedDate}`: `YYYYMMDD`. */
export const INPUT_NAMES = ['businessDate', 'plannedDate', 'compactBusinessDate', 'compactPlannedDate'] as const;

/** Dates hold digits and dashes alone, so what is filled in can never lead out of the folder that the template names. */
export function inputPath(template: string, facts: InputFacts): string {
  const plannedDate = localDate(facts.plannedAtMs, facts.zone);
  const values: Readonly<Record<string, string>> = {
    businessDate: facts.businessDate,
    plannedDate,
    compactBusinessDate: facts.businessDate.replaceAll('-', ''),
    compactPlannedDate: plannedDate.replaceAll('-', ''),
  };
  return template.replace(/\{([^{}]*)\}/g, (whole, name: string) => values[name] ?? whole);
}

/** Why an arrival cannot be: in words that name the field, or null. */
export function arrivalRefusal(arrival: Arrival, roots: readonly string[]): string | null {
  if (roots.length === 0) return 'needs the scheduler option arrivalRoots: without it no file is waited for';
  for (const field of ['path', 'doneMarker'] as const) {
    const template = arrival[field];
    const why = template === null ? null : pathRefusal(template, roots);
    if (why !== null) return `${field} ${why}`;
  }
  for (const [field, ms] of Object.entries({ stableMs: arrival.stableMs, pollMs: arrival.pollMs })) {
    if (!Number.isSafeInteger(ms) || ms < (field === 'pollMs' ? 100 : 0)) {
      return `${field} is ${ms}: it must be milliseconds${field === 'pollMs' ? ', at least 100' : ''}`;
    }
  }
  const { lateAfterMs } = arrival;
  if (lateAfterMs !== null && !(Number.isSafeInteger(lateAfterMs) && lateAfterMs >= 0)) {
    return `lateAfterMs is ${lateAfterMs}: it must be milliseconds, or null`;
  }
  return null;
}

function pathRefusal(template: string, roots: readonly string[]): string | null {
  if (template.includes('\0')) return 'must not hold a zero byte';
  const unknown = [...template.matchAll(/\{([^{}]*)\}/g)].find(
    ([, name]) => !INPUT_NAMES.some((each) => each === name),
  );
  if (unknown !== undefined) {
    return `has ${unknown[0]}; a path may hold ${INPUT_NAMES.map((name) => `{${name}}`).join(', ')}`;
  }
  if (!isAbsolute(template)) return 'must be absolute';
  if (template.split(/[\\/]/).includes('..')) return 'must not climb with ".."';
  if (!liesUnder(template, roots)) return `must lie under one of the arrivalRoots: ${roots.join(', ')}`;
  return null;
}

/** By the text alone; whether links lead out of the root is seen when the file is there. */
export function liesUnder(path: string, roots: readonly string[]): boolean {
  const plain = normalize(path);
  return roots.some((root) => plain.startsWith(withSeparator(resolve(root))));
}

const withSeparator = (root: string): string => (root.endsWith(sep) ? root : root + sep);
