import { describe, expect, test } from 'vitest';
import { readCapabilities } from '../../../../../../executor/examples/settlement/http-gateway-capabilities.ts';
import { checkGatewayKey, keyRedaction } from '../../../../../../executor/examples/settlement/http-gateway-key.ts';
import { retryAfterMsOf } from '../../../../../../executor/examples/settlement/http-gateway-retry-after.ts';
import { parseGatewayUrl } from '../../../../../../executor/examples/settlement/http-gateway-url.ts';

describe('capabilities', () => {
  const good = { batchMax: 500, maxRequestsPerSecond: 0.5, visibilityMs: 0, keyLifetimeMs: 86_400_000, void: true };

  test('good ones are taken, and what we do not know is ignored', () => {
    expect(readCapabilities({ ...good, motto: 'fast' })).toEqual(good);
  });

  test.each([
    ['batchMax', 0],
    ['batchMax', 1.5],
    ['batchMax', '500'],
    ['maxRequestsPerSecond', 0],
    ['maxRequestsPerSecond', -1],
    ['maxRequestsPerSecond', null],
    ['maxRequestsPerSecond', Number.POSITIVE_INFINITY],
    ['visibilityMs', -1],
    ['visibilityMs', 0.5],
    ['keyLifetimeMs', -1],
    ['keyLifetimeMs', 2 ** 60],
    ['void', 'true'],
    ['void', undefined],
  ])('%s = %s is refused by its name', (field, value) => {
    expect(() => readCapabilities({ ...good, [field]: value })).toThrow(
      expect.objectContaining({
        code: 'DOWNSTREAM_CAPABILITIES',
        message: expect.stringContaining(`"${field}"`),
        details: { field },
      }),
    );
  });

  test('a field of the prototype is not a capability', () => {
    const { void: _left, ...rest } = good;
    expect(() => readCapabilities(Object.create({ ...good }) as Record<string, unknown>)).toThrow(/batchMax/);
    expect(() => readCapabilities(rest)).toThrow(/"void" is missing/);
  });
});

describe('URL', () => {
  test('scheme, host, port and a path prefix can be used', () => {
    expect(parseGatewayUrl('https://pay.example:8443/eu/v2/').href).toBe('https://pay.example:8443/eu/v2/');
  });

  test.each([
    '',
    'pay.example',
    'localhost:8080',
    'ftp://h/',
    'http://user:pw@h/',
    'http://h/?a=1',
    'http://h/#x',
    'http://',
  ])('%j is refused as a bad option', (url) => {
    expect(() => parseGatewayUrl(url)).toThrow(
      expect.objectContaining({ code: 'BAD_OPTION', message: expect.stringContaining('gateway URL') }),
    );
  });

  test.each(['http://user:hunter2@h/', 'hunter2'])('what %j hides is not repeated in the refusal', (url) => {
    expect(() => parseGatewayUrl(url)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    );
  });
});

describe('key', () => {
  test.each(['', 'a b', 'a\r\nX: 1', 'schlüssel'])('%j cannot be a key', (key) => {
    expect(() => checkGatewayKey(key)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
  });

  test('it is taken out of what the gateway says, plain and as JSON writes it', () => {
    const redact = keyRedaction('sk"live\\0123456789');
    expect(redact('x sk"live\\0123456789 y')).toBe('x [key] y');
    expect(redact(JSON.stringify({ got: 'Bearer sk"live\\0123456789' }))).toBe('{"got":"Bearer [key]"}');
  });

  test('a short key is taken out where it stands alone, not out of other words', () => {
    const redact = keyRedaction('test');
    expect(redact('{"key":"test","requestNo":"test.C1.1.P.1.1","message":"Bearer test"}')).toBe(
      '{"key":"[key]","requestNo":"test.C1.1.P.1.1","message":"Bearer [key]"}',
    );
  });
});

describe('Retry-After', () => {
  const nowMs = Date.parse('Fri, 20 Nov 2026 00:00:00 GMT');
  test.each([
    ['0', 0],
    [' 7 ', 7_000],
    ['Fri, 20 Nov 2026 00:00:30 GMT', 30_000],
    ['Thu, 19 Nov 2026 23:59:59 GMT', 0],
    ['soon', null],
    ['-1', null],
    ['1.5', null],
    ['99999999999', null],
    [undefined, null],
  ])('%s is %s ms', (header, ms) => {
    expect(retryAfterMsOf(header, nowMs)).toBe(ms);
  });
});
