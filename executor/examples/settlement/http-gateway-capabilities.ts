import { checkCapabilities } from '../../downstream/check-capabilities.ts';
import type { DownstreamCapabilities } from '../../downstream/define-downstream.ts';

/**
 * What the gateway says it can do, field by field: only fields of its own, and those that we do not know are ignored.
 * Throws DOWNSTREAM_CAPABILITIES that names a field which is missing or cannot be: none is guessed or defaulted.
 */
export function readCapabilities(stated: Readonly<Record<string, unknown>>): DownstreamCapabilities {
  const own = (name: string): unknown => (Object.hasOwn(stated, name) ? stated[name] : undefined);
  return checkCapabilities({
    batchMax: own('batchMax'),
    maxRequestsPerSecond: own('maxRequestsPerSecond'),
    visibilityMs: own('visibilityMs'),
    keyLifetimeMs: own('keyLifetimeMs'),
    void: own('void'),
  });
}
