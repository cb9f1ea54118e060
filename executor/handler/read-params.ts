import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { DaybreakError } from '../../shared/errors.ts';
import { parseJsonSafely } from '../../shared/protocol/parse-json-safely.ts';
import { describeFaults, show } from '../../shared/schema-faults.ts';

/** Reads the text of a job's parameter; throws PARAM_INVALID with what was given and what is expected. */
export type ParamsReader = (param: string) => unknown;

/** Compiles the schema once: a handler's reader is made when its node starts. */
export function createParamsReader(schema: TSchema): ParamsReader {
  const validator = Compile(schema);
  return (param) => {
    const params = validator.Default(parseParam(param));
    if (validator.Check(params)) return params;
    throw invalid(describeFaults(validator.Errors(params), { value: params, schema, whole: 'the parameter' }));
  };
}

/** A job without a parameter has the parameter `{}`, so that a schema of defaults only needs nothing to be written. */
function parseParam(param: string): unknown {
  if (param.trim() === '') return {};
  const parsed = parseJsonSafely(Buffer.from(param), 'the parameter');
  if (parsed.kind === 'value') return parsed.value;
  throw invalid(`${parsed.why}, but ${show(param)}`);
}

function invalid(why: string): DaybreakError {
  return new DaybreakError('PARAM_INVALID', why);
}
