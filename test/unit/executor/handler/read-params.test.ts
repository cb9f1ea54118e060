import { Type } from 'typebox';
import { describe, expect, test } from 'vitest';
import { createParamsReader } from '../../../../executor/handler/read-params.ts';
import { isDaybreakError } from '../../../../shared/errors.ts';

const read = createParamsReader(
  Type.Object(
    {
      region: Type.String({ minLength: 2 }),
      limit: Type.Integer({ default: 100, minimum: 1 }),
      mode: Type.Optional(Type.Union([Type.Literal('dry'), Type.Literal('real')])),
      legs: Type.Optional(Type.Array(Type.Object({ amount: Type.Integer() }))),
    },
    { additionalProperties: false },
  ),
);

function refusal(param: string, reader = read): string {
  try {
    reader(param);
  } catch (error) {
    if (isDaybreakError(error, 'PARAM_INVALID')) return error.message;
    throw error;
  }
  return 'taken';
}

test('what fits is taken, with its defaults', () => {
  expect(read('{"region":"north"}')).toEqual({ region: 'north', limit: 100 });
});

test('no parameter is an empty object: enough for a schema of defaults, too little for another', () => {
  const reader = createParamsReader(Type.Object({ limit: Type.Integer({ default: 7 }) }));
  expect([reader(''), reader('  ')]).toEqual([{ limit: 7 }, { limit: 7 }]);
  expect(refusal('')).toBe('the parameter must have "region"');
});

describe('a refusal names the field, what was given and what is expected', () => {
  test.each([
    ['{"region":"north","limit":"12"}', '"limit" is "12" and must be integer'],
    ['{"region":"n"}', '"region" is "n" and must not have fewer than 2 characters'],
    ['{"region":"north","limit":0}', '"limit" is 0 and must be >= 1'],
    ['{"region":"north","mode":"wet"}', '"mode" is "wet" and must be one of "dry", "real"'],
    ['{"region":"north","legs":[{"amount":1},{"amount":null}]}', '"legs.1.amount" is null and must be integer'],
    ['{"region":"north","regoin":"x"}', 'the parameter must not have "regoin"'],
    ['[]', 'the parameter is [] and must be object'],
    ['null', 'the parameter is null and must be object'],
    ['{"region":5,"limit":"x"}', '"region" is 5 and must be string; "limit" is "x" and must be integer'],
    ['north', 'the parameter is not JSON, but "north"'],
  ])('%s', (param, words) => {
    expect(refusal(param)).toBe(words);
  });

  test('and shows the beginning of what is long', () => {
    expect(refusal(`{"region":"north","limit":"${'9'.repeat(5_000)}"}`)).toMatch(/^"limit" is "9{199}\.\.\. and must/);
  });
});

test('keys that reach into prototypes are refused, however the schema is', () => {
  const open = createParamsReader(Type.Object({}));
  expect(refusal('{"a":{"__proto__":{"admin":true}}}', open)).toBe(
    'the key "__proto__" is not allowed, but "{\\"a\\":{\\"__proto__\\":{\\"admin\\":true}}}"',
  );
});

test('a date must be one', () => {
  const reader = createParamsReader(Type.Object({ day: Type.String({ format: 'date' }) }));
  expect(reader('{"day":"2028-02-29"}')).toEqual({ day: '2028-02-29' });
  expect(refusal('{"day":"2027-02-29"}', reader)).toBe('"day" is "2027-02-29" and must match format "date"');
});
