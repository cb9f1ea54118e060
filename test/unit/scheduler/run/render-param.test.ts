import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ParamFacts, paramRefusal, renderParam, speaksOfResults } from '../../../../scheduler/run/render-param.ts';

const facts: ParamFacts = {
  businessDate: '2026-11-20',
  plannedAtMs: Date.UTC(2026, 10, 20, 17, 30, 5, 7),
  zone: 'Asia/Shanghai',
  shardIndex: 3,
  shardTotal: 8,
  runId: 41,
  chainRunId: 7,
  input: '/in/plans-2026-11-20.csv',
  results: new Map<string, unknown>([
    ['import', { rows: 12, files: ['a.csv', 'b.csv'], note: 'say "hello"\n' }],
    ['fetch.rates', { rows: 99 }],
    ['said', 'as "it" is'],
    ['nothing', null],
  ]),
};

describe('a text is filled in', () => {
  test.each([
    ['', ''],
    ['no braces', 'no braces'],
    ['{businessDate}', '2026-11-20'],
    ['{businessDate:yyyyMMdd}', '20261120'],
    ['{businessDate:dd.MM.yy}', '20.11.26'],
    ['{plannedAt}', '2026-11-20T17:30:05.007Z'],
    ['{plannedAt:yyyy-MM-ddTHH:mm:ss.SSS}', '2026-11-21T01:30:05.007'],
    ['{shardIndex}/{shardTotal} of {runId} in {chainRunId}', '3/8 of 41 in 7'],
    ['{input}', '/in/plans-2026-11-20.csv'],
    ['{result.import.rows} rows', '12 rows'],
    ['{result.import.files.1}', 'b.csv'],
    ['{result.import.files}', '["a.csv","b.csv"]'],
    ['{result.said}', 'as "it" is'],
    ['{result.fetch.rates.rows}', '99'],
    ['{result.nothing}|{result.nobody}|{result.import.no.such}|', '|||'],
    ['{{businessDate}', '{businessDate}'],
    ['{{{businessDate}', '{{businessDate}'],
    ['{{businesDate}', '{businesDate}'],
    ['{{businessDate}}', '{businessDate}}'],
  ])('%s', (text, rendered) => {
    expect(paramRefusal(text)).toBeNull();
    expect(renderParam(text, facts)).toBe(rendered);
  });

  test('what is not there is empty', () => {
    expect(renderParam('[{chainRunId}{input}]', { ...facts, chainRunId: null, input: null })).toBe('[]');
  });

  test('what is filled in is not read again', () => {
    const results = new Map([['a', '{']]);
    expect(renderParam('{result.a}businessDate} {result.a}{runId}', { ...facts, results })).toBe('{businessDate} {41');
    expect(renderParam('{result.a}', { ...facts, results: new Map([['a', '{runId}']]) })).toBe('{runId}');
  });
});

describe('JSON text stays JSON text', () => {
  const night = '{"plans":"/in/plans.csv","limits":{"rejects":10},"legs":[{"name":"PREMIUM"},{}],"re":"a{2,3}"}';

  test('that has no template in it passes unchanged', () => {
    expect(paramRefusal(night)).toBeNull();
    expect(renderParam(night, facts)).toBe(night);
  });

  test('a value between quotes is escaped, one outside is written as JSON', () => {
    const text =
      '{"day":"{businessDate:yyyyMMdd}","at":{plannedAt},"shard":{shardIndex},"import":{result.import},"note":"\\"{result.import.note}\\"","none":{result.nobody},"as":"{{runId}"}';
    expect(JSON.parse(renderParam(text, facts))).toEqual({
      day: '20261120',
      at: '2026-11-20T17:30:05.007Z',
      shard: 3,
      import: facts.results.get('import'),
      note: '"say "hello"\n"',
      none: null,
      as: '{runId}',
    });
  });

  test('whatever JSON it is, it passes unchanged when it speaks of nothing', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        fc.pre(!/\{[A-Za-z]+(:|\})|\{result\./.test(text));
        expect(paramRefusal(text)).toBeNull();
        expect(renderParam(text, facts)).toBe(text);
      }),
    );
  });

  test('whatever the results hold, a JSON template becomes JSON with them in it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (value, words) => {
        const results = new Map<string, unknown>([
          ['value', value],
          ['words', words],
        ]);
        const text =
          '{"value":{result.value},"words":"{result.words}","list":[{result.words},{"deep":{result.value}}]}';
        const read: unknown = JSON.parse(renderParam(text, { ...facts, results }));
        const plain = JSON.parse(JSON.stringify(value)) as unknown;
        expect(read).toEqual({ value: plain, words, list: [words, { deep: plain }] });
      }),
    );
  });
});

test('whatever a text holds, with its names escaped it is rendered as it was', () => {
  const pieces = fc.constantFrom(
    '{',
    '}',
    '{businessDate}',
    '{typo}',
    '{result.a.b}',
    '{{',
    '"',
    '\\',
    'x',
    '{plannedAt:HH}',
  );
  fc.assert(
    fc.property(fc.array(pieces), (list) => {
      const text = list.join('');
      const escaped = text.replace(/\{(?=[A-Za-z]+[}:]|result\.)/g, '{{');
      expect(paramRefusal(escaped)).toBeNull();
      expect(renderParam(escaped, facts)).toBe(text);
    }),
  );
});

describe('a text is refused', () => {
  test('when it has what looks like a name and is none, with the names that there are', () => {
    expect(paramRefusal('day {businesDate}')).toBe(
      'has {businesDate}: there is no such name; there are {businessDate}, {plannedAt}, {shardIndex}, {shardTotal}, {runId}, {chainRunId}, {input}, {result.JOB}. Write {{businesDate} if it is meant as it stands',
    );
    expect(paramRefusal('{businesDate:yyyyMMdd}')).toContain('there is no such name');
  });

  test.each([
    ['{businessDate:HH}', '"HH" is no part of a pattern of businessDate; there are yyyy, yy, MM, dd'],
    ['{plannedAt:hh}', '"h" is no part of a pattern of plannedAt'],
    ['{plannedAt:}', 'the pattern is empty; write e.g. {plannedAt:yyyyMMdd}'],
    ['{runId:dd}', 'only {businessDate} and {plannedAt} take a pattern'],
  ])('%s', (text, words) => {
    expect(paramRefusal(text)).toContain(words);
  });
});

test('it is known whether a text takes results', () => {
  expect(['{result.a}', '{{result.a}', '{runId}'].map(speaksOfResults)).toEqual([true, false, false]);
});
