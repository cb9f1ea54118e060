import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ParamFacts,
  paramRefusal,
  renderedParam,
  renderParam,
  speaksOfResults,
  speaksOfSecrets,
  speaksOfWindow,
} from '../../../../scheduler/run/render-param.ts';
import { placeSecrets } from '../../../../shared/protocol/param-secrets.ts';

const facts: ParamFacts = {
  businessDate: '2026-11-20',
  plannedAtMs: Date.UTC(2026, 10, 20, 17, 30, 5, 7),
  zone: 'Asia/Shanghai',
  shardIndex: 3,
  shardTotal: 8,
  runId: 41,
  chainRunId: 7,
  input: '/in/plans-2026-11-20.csv',
  window: { fromMs: Date.UTC(2026, 10, 19, 17, 30), toMs: Date.UTC(2026, 10, 20, 17, 30) },
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
    ['{windowFrom} to {windowTo}', '2026-11-19T17:30:00.000Z to 2026-11-20T17:30:00.000Z'],
    ['{windowFrom:yyyyMMdd HH:mm}', '20261120 01:30'],
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
    const window = { fromMs: null, toMs: 0 };
    expect(renderParam('{"from":{windowFrom},"to":"{windowTo:yyyy}"}', { ...facts, window })).toBe(
      '{"from":null,"to":"1970"}',
    );
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
        fc.pre(!/\{[A-Za-z]+(:|\})|\{(result|secret)\./.test(text));
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
      'has {businesDate}: there is no such name; there are {businessDate}, {plannedAt}, {shardIndex}, {shardTotal}, {runId}, {chainRunId}, {input}, {windowFrom}, {windowTo}, {result.JOB}, {secret.NAME}. Write {{businesDate} if it is meant as it stands',
    );
    expect(paramRefusal('{businesDate:yyyyMMdd}')).toContain('there is no such name');
  });

  test.each([
    ['{businessDate:HH}', '"HH" is no part of a pattern of businessDate; there are yyyy, yy, MM, dd'],
    ['{plannedAt:hh}', '"h" is no part of a pattern of plannedAt'],
    ['{plannedAt:}', 'the pattern is empty; write e.g. {plannedAt:yyyyMMdd}'],
    ['{runId:dd}', 'only {businessDate}, {plannedAt}, {windowFrom} and {windowTo} take a pattern'],
    ['{secret.a-b}', 'a secret is named by a letter and then letters, digits and "_"'],
    ['{secret...}', 'a secret is named by a letter'],
  ])('%s', (text, words) => {
    expect(paramRefusal(text)).toContain(words);
  });
});

test('it is known whether a text takes results', () => {
  expect(['{result.a}', '{{result.a}', '{runId}'].map(speaksOfResults)).toEqual([true, false, false]);
});

describe('a secret', () => {
  const values = { KEY: 's"ecret', PIN: '4711' };
  const filled = (text: string, results: ReadonlyMap<string, unknown> = facts.results) => {
    const rendered = renderedParam(text, { ...facts, results });
    return placeSecrets(rendered.text, rendered.secrets, values);
  };

  test('stays a name here, with its place, and its executor writes it there', () => {
    const text = '{"day":"{businessDate}","key":"{secret.KEY}","pin":{secret.PIN},"auth":"Basic {secret.KEY}:{runId}"}';
    expect(paramRefusal(text)).toBeNull();
    expect(renderParam(text, facts)).toContain('"key":"{secret.KEY}"');
    expect(JSON.parse(filled(text) ?? '')).toEqual({
      day: '2026-11-20',
      key: 's"ecret',
      pin: '4711',
      auth: 'Basic s"ecret:41',
    });
    expect(filled('{runId} {secret.KEY}{secret.PIN}')).toBe('41 s"ecret4711');
  });

  test('that others bring in, or that is written as it stands, is no secret', () => {
    const results = new Map([['a', '{secret.KEY}']]);
    expect(filled('{result.a} {{secret.KEY} {secret.PIN} {result.a}', results)).toBe(
      '{secret.KEY} {secret.KEY} 4711 {secret.KEY}',
    );
  });

  test('is put nowhere when the places are not those of the text', () => {
    const place = { name: 'KEY', at: 2, spot: 'plain' as const };
    expect(placeSecrets('xx{secret.KEY}', [place], values)).toBe('xxs"ecret');
    expect(placeSecrets('x{secret.KEY}', [place], values)).toBeNull();
    expect(placeSecrets('xx{secret.KEY}', [place, place], values)).toBeNull();
  });

  test('and the window are known to be there', () => {
    expect(['{secret.A}', '{{secret.A}', '{runId}'].map(speaksOfSecrets)).toEqual([true, false, false]);
    expect(['{windowTo:dd}', '{{windowFrom}', '{runId}'].map(speaksOfWindow)).toEqual([true, false, false]);
  });
});
