import { DownstreamCapabilitiesError } from '../../shared/errors.ts';
import type { DownstreamCapabilities } from './define-downstream.ts';

/**
 * What a downstream states about itself, held against what can be: deadlines and batches are computed from these, so
 * a value that cannot be is refused where it is first seen, by the name of its field.
 */
export function checkCapabilities(
  stated: Readonly<Record<keyof DownstreamCapabilities, unknown>>,
): DownstreamCapabilities {
  return {
    batchMax: integerOf('batchMax', stated.batchMax, 1),
    maxRequestsPerSecond: positiveOf('maxRequestsPerSecond', stated.maxRequestsPerSecond),
    visibilityMs: integerOf('visibilityMs', stated.visibilityMs, 0),
    keyLifetimeMs: integerOf('keyLifetimeMs', stated.keyLifetimeMs, 0),
    void: booleanOf('void', stated.void),
  };
}

function integerOf(field: string, value: unknown, min: number): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min) return value;
  throw refusal(field, value, `must be an integer of at least ${min}`);
}

function positiveOf(field: string, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
  throw refusal(field, value, 'must be a number above 0');
}

function booleanOf(field: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw refusal(field, value, 'must be true or false');
}

function refusal(field: string, value: unknown, rule: string): DownstreamCapabilitiesError {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  const shown = value === undefined ? 'missing' : text.slice(0, 60);
  const message = `the downstream's capability "${field}" is ${shown}: it ${rule}; ask whoever runs it`;
  return new DownstreamCapabilitiesError(message, { details: { field } });
}
