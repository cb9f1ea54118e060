import { describe, expect, test } from 'vitest';
import {
  asRequired,
  fieldsOf,
  moved,
  NEW_ROW,
  nameFault,
  ofType,
  rowsOf,
} from '../../../scheduler/web/src/pure/field-rows.ts';
import {
  chainParams,
  draftOf,
  type ParamFields,
  paramProblems,
  readParam,
  typedValue,
  writeParam,
} from '../../../scheduler/web/src/pure/param-fields.ts';

const FIELDS: ParamFields = {
  region: { type: 'text', required: true, oneOf: ['north', 'south'] },
  limit: { type: 'integer', default: 100, min: 1, max: 1_000 },
  rate: { type: 'number' },
  day: { type: 'date', default: '{businessDate}' },
  isFinal: { type: 'boolean', default: false },
  more: { type: 'json', default: [1] },
};

describe('a parameter as fields', () => {
  test('has its defaults where it leaves them out, and is written in the order of its fields', () => {
    const drafts = readParam(FIELDS, '{"rate":0.5,"region":"north","more":{"a":null}}');
    expect(drafts).toEqual({
      region: 'north',
      limit: '100',
      rate: '0.5',
      day: '{businessDate}',
      isFinal: 'false',
      more: '{"a":null}',
    });
    expect(writeParam(FIELDS, drafts ?? {})).toBe(
      '{"region":"north","limit":100,"rate":0.5,"day":"{businessDate}","isFinal":false,"more":{"a":null}}',
    );
  });

  test('leaves out what is not given; nothing at all is an empty text', () => {
    expect(writeParam(FIELDS, { region: 'south', limit: null })).toBe('{"region":"south"}');
    expect(writeParam(FIELDS, { limit: null })).toBe('');
    expect(readParam({ note: { type: 'text' } }, '{"note":""}')).toEqual({ note: '' });
    expect(writeParam({ note: { type: 'text' } }, { note: '' })).toBe('{"note":""}');
  });

  test.each([
    'north',
    '[1]',
    'null',
    '{"limt":1}',
    '{"limit":{shardIndex}}',
    '{"toString":1}',
  ])('is shown as text where it is none: %s', (text) => {
    expect(readParam(FIELDS, text)).toBeNull();
  });

  test.each([
    ['integer', '12', 12],
    ['integer', ' 12 ', 12],
    ['integer', '12x', '12x'],
    ['integer', '0x10', '0x10'],
    ['number', '-1.5e3', -1500],
    ['number', '1e999', '1e999'],
    ['boolean', 'true', true],
    ['boolean', 'false', false],
    ['boolean', '{result.done}', '{result.done}'],
    ['date', '2026-11-20', '2026-11-20'],
    ['text', '12', '12'],
    ['json', '{"a":[1]}', { a: [1] }],
    ['json', 'null', null],
    ['json', 'not so', 'not so'],
  ] as const)('is sent as what somebody typed: %s %j', (type, draft, value) => {
    expect(typedValue({ type }, draft)).toEqual(value);
  });

  test('shows each value as it can be typed', () => {
    expect([
      draftOf({ type: 'json' }, 'a'),
      draftOf({ type: 'text' }, 'a'),
      draftOf({ type: 'text' }, undefined),
    ]).toEqual(['"a"', 'a', null]);
  });

  test('has what is wrong with it by field, and that with the whole at no name', () => {
    const found = new Map([
      ['param.limit', 'must be 1 or more'],
      ['param', 'is odd'],
    ]);
    expect([...paramProblems('param', FIELDS, (path) => found.get(path) ?? null)]).toEqual([
      ['', 'is odd'],
      ['limit', 'must be 1 or more'],
    ]);
  });
});

describe("the parameters of a chain's start", () => {
  const fielded = [
    { job: 'debit', param: '{"limit":1}' },
    { job: 'fees', param: '' },
  ];

  test('are one text where no job has fields, and nothing where nothing was filled in', () => {
    expect([chainParams([], {}, ''), chainParams([], {}, 'x'), chainParams(fielded, {}, '')]).toEqual([
      {},
      { params: 'x' },
      {},
    ]);
  });

  test('are those of the jobs that were filled in; a text for the others is not for those with fields', () => {
    const filledIn = { fees: '{"rate":2}' };
    expect(chainParams(fielded, filledIn, '')).toEqual({ params: filledIn });
    expect(chainParams(fielded, filledIn, 'x')).toEqual({ params: { '*': 'x', debit: '{"limit":1}', ...filledIn } });
  });
});

describe('the fields of a parameter as rows', () => {
  test('come back as they were', () => {
    expect(fieldsOf(rowsOf(FIELDS))).toEqual(FIELDS);
    expect(Object.keys(fieldsOf(rowsOf(FIELDS)) ?? {})).toEqual(Object.keys(FIELDS));
    expect(fieldsOf([])).toBeNull();
  });

  test('are no object when two have one name, of which the second is told', () => {
    const rows = rowsOf(FIELDS).map((row) => ({ ...row, name: row.name === 'rate' ? 'limit' : row.name }));
    expect(typeof fieldsOf(rows)).toBe('string');
    expect(rows.map((_, at) => nameFault(rows, at))).toEqual([null, null, 'twice', null, null, null]);
    expect(nameFault([NEW_ROW], 0)).toBe('name');
    expect(nameFault([{ ...NEW_ROW, name: 'a b' }], 0)).toBe('name');
  });

  test('are moved, and stay where there is no further place', () => {
    expect(moved(['a', 'b', 'c'], 0, 1)).toEqual(['b', 'a', 'c']);
    expect(moved(['a', 'b', 'c'], 2, -1)).toEqual(['a', 'c', 'b']);
    expect([moved(['a', 'b', 'c'], 0, -1), moved(['a', 'b', 'c'], 2, 1)]).toEqual([
      ['a', 'b', 'c'],
      ['a', 'b', 'c'],
    ]);
  });

  test('drop what another type cannot have, and a default that nobody needs', () => {
    const row = { ...NEW_ROW, name: 'limit', type: 'integer', preset: '5', oneOf: ['5'], min: 1, max: 9 } as const;
    expect(ofType(row, 'text')).toEqual({ ...row, type: 'text', min: null, max: null });
    expect(ofType(row, 'boolean')).toEqual({ ...NEW_ROW, name: 'limit', type: 'boolean' });
    expect(asRequired(row, true)).toEqual({ ...row, isRequired: true, preset: null });
    expect(fieldsOf([row])).toEqual({ limit: { type: 'integer', default: 5, oneOf: [5], min: 1, max: 9 } });
  });
});
