import { Type } from 'typebox';
import { describe, expect, test } from 'vitest';
import { environmentSource, parseConfig, printableConfig } from '../../../shared/config.ts';

const Schema = Type.Object(
  {
    port: Type.Integer({ minimum: 1, maximum: 65_535, default: 9999 }),
    storeUrl: Type.String(),
    accessToken: Type.Optional(Type.String()),
    verbose: Type.Boolean({ default: false }),
    mode: Type.Union([Type.Literal('real'), Type.Literal('dry')], { default: 'real' }),
    limits: Type.Optional(Type.Object({ callsPerSecond: Type.Number(), batch: Type.Optional(Type.Integer()) })),
  },
  { additionalProperties: false },
);
const file = (values: Record<string, unknown>) => ({ name: 'daybreak.json', values });
const wrongOf = (values: Record<string, unknown>): unknown => {
  try {
    parseConfig(Schema, [file(values)]);
    return [];
  } catch (error) {
    expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
    return (error as { details: { wrong: unknown } }).details.wrong;
  }
};

describe('parseConfig', () => {
  test('fills in defaults and turns text into what the schema wants', () => {
    const source = environmentSource({
      DAYBREAK_STORE_URL: 'sqlite:x',
      DAYBREAK_PORT: '80',
      DAYBREAK_VERBOSE: 'true',
      PATH: '/bin',
    });
    expect(parseConfig(Schema, [source])).toEqual({ port: 80, storeUrl: 'sqlite:x', verbose: true, mode: 'real' });
  });

  test('lets a later source win, field by field, also inside', () => {
    const config = parseConfig(Schema, [
      file({ storeUrl: 'a', port: 1, limits: { callsPerSecond: 5, batch: 10 } }),
      { name: 'options', values: { port: 2, limits: { batch: 20 } } },
    ]);
    expect(config).toMatchObject({ storeUrl: 'a', port: 2, limits: { callsPerSecond: 5, batch: 20 } });
  });

  test('gives a value that nobody can change, and does not change its sources', () => {
    const values = { storeUrl: 'a', limits: { callsPerSecond: 5 } };
    const config = parseConfig(Schema, [file(values), file({ limits: { callsPerSecond: 6 } })]);
    expect(() => Object.assign(config.limits ?? {}, { callsPerSecond: 7 })).toThrow(TypeError);
    expect(values.limits.callsPerSecond).toBe(5);
    expect(Object.isFrozen(values)).toBe(false);
  });

  test('refuses an unknown field with the name that was meant, and says where it stands', () => {
    expect(wrongOf({ storeUrl: 'a', prot: 1 })).toEqual(['prot in daybreak.json is not known: did you mean port?']);
    expect(wrongOf({ store_url: 'a' })).toEqual(['store_url in daybreak.json is not known: did you mean storeUrl?']);
    expect(wrongOf({ storeUrl: 'a', limits: { callsPerSecnd: 1 } })).toEqual([
      'limits.callsPerSecnd in daybreak.json is not known: did you mean callsPerSecond?',
    ]);
    expect(wrongOf({ storeUrl: 'a', zzzzzz: 1 })).toEqual(['zzzzzz in daybreak.json is not known']);
    expect(wrongOf({ storeUrl: 'a', constructor: 1 })).toEqual(['constructor in daybreak.json is not known']);
  });

  test('names each field that is wrong, once', () => {
    expect(wrongOf({ port: 0 })).toEqual(['storeUrl is missing', 'port must be >= 1 (in daybreak.json)']);
    expect(wrongOf({ storeUrl: 'a', mode: 'maybe' })).toEqual(['mode must be one of real, dry (in daybreak.json)']);
    expect(wrongOf({ storeUrl: 'a', port: 'many' })).toEqual(['port must be integer (in daybreak.json)']);
  });
});

test('what a person sees has no secrets in it', () => {
  const config = parseConfig(Schema, [file({ storeUrl: 'mysql://u:hunter2@h/db', accessToken: 'hunter3' })]);
  const text = JSON.stringify(printableConfig(config));
  expect(text).not.toMatch(/hunter/);
  expect(text).toContain('mysql://u:***@h/db');
});
