import { DaybreakError } from '../../../shared/errors.ts';
import type { PlansOfNight } from './chain-run-nights.ts';

const NO_PLANS: PlansOfNight = { path: '', sha256: null, maxRejectPercent: 1 };

/**
 * The parameter of a settlement's chain run: `{"plans": "/data/plans.csv", "maxRejectPercent": 1}`. Without one the night has no
 * file, which only its import minds. Throws PARAM_INVALID that names the field.
 */
export function plansInParam(param: string): PlansOfNight {
  if (param.trim() === '') return NO_PLANS;
  const given = readObject(param);
  const { plans = '', maxRejectPercent = 1, ...others } = given;
  const [odd] = Object.keys(others);
  if (odd !== undefined) throw invalid(`"${odd}" is not known; there are plans and maxRejectPercent`);
  if (typeof plans !== 'string' || (plans !== '' && !plans.startsWith('/'))) {
    throw invalid('"plans" must be the whole path of a file that every executor can read, such as /data/plans.csv');
  }
  const percent = typeof maxRejectPercent === 'string' ? Number(maxRejectPercent) : maxRejectPercent;
  if (typeof percent !== 'number' || !(percent >= 0 && percent <= 100)) {
    throw invalid('"maxRejectPercent" must be a number from 0 to 100');
  }
  return { path: plans, sha256: null, maxRejectPercent: percent };
}

function readObject(param: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(param);
  } catch (cause) {
    throw invalid('it must be a JSON object such as {"plans": "/data/plans.csv"}', cause);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw invalid('it must be a JSON object such as {"plans": "/data/plans.csv"}');
}

const invalid = (why: string, cause?: unknown): DaybreakError =>
  new DaybreakError('PARAM_INVALID', `the parameter of the settlement: ${why}`, { cause });
