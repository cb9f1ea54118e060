import { DaybreakError, ERRORS, type ErrorCode, isDaybreakError } from '../../../shared/errors.ts';
import type { FieldProblem, Problem } from './contract/shapes.ts';

/** What was sent is wrong, field by field. */
export class FieldsError extends DaybreakError {
  readonly fields: readonly FieldProblem[];
  constructor(fields: readonly FieldProblem[], code: ErrorCode = 'BAD_INPUT') {
    super(code, fields.map(({ path, message }) => `${path} ${message}`.trim()).join('; ') || 'the request is wrong');
    this.fields = fields;
  }
}

export interface Answered {
  readonly status: number;
  readonly problem: Problem;
}

/** What is said of anything that was thrown. What we did not foresee is told as INTERNAL and no more. */
export function problemOf(error: unknown): Answered {
  if (isDaybreakError(error)) {
    const fields = error instanceof FieldsError ? error.fields : fieldOf(error);
    const retry = error.details.retryAfterSeconds;
    return {
      status: error.status,
      problem: {
        error: {
          code: error.code,
          message: error.message,
          fields: [...fields],
          details: { ...error.details },
          ...(typeof retry === 'number' ? { retryAfterSeconds: retry } : {}),
        },
      },
    };
  }
  const status = (error as { statusCode?: unknown }).statusCode;
  // Fastify's own: a body that is too large, of another type, or cut off.
  if (status === 413) return plain('TOO_LARGE', 'the body is larger than this route takes');
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return plain('BAD_INPUT', 'the request could not be read: send JSON as application/json', status);
  }
  return plain('INTERNAL', 'an unexpected error; the log of the scheduler has its cause');
}

function plain(code: ErrorCode, message: string, status: number = ERRORS[code].status): Answered {
  return { status, problem: { error: { code, message, fields: [], details: {} } } };
}

function fieldOf({ details, message }: DaybreakError): readonly FieldProblem[] {
  const { path, why, column } = details as { path?: unknown; why?: unknown; column?: unknown };
  if (typeof path !== 'string') return [];
  const field = { path, message: typeof why === 'string' ? why : message };
  return [typeof column === 'number' ? { ...field, column } : field];
}
