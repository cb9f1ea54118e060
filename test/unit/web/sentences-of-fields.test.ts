import { expect, test } from 'vitest';
import { readChainInput, readJobInput } from '../../../scheduler/admin/definition/problems.ts';
import { passwordRefusal } from '../../../scheduler/admin/people/password-rules.ts';
import { ROUTES } from '../../../scheduler/api/admin/contract/routes.ts';
import { FieldsError } from '../../../scheduler/api/admin/problem.ts';
import { bodyReader } from '../../../scheduler/api/admin/read-input.ts';
import { readCalendar } from '../../../scheduler/calendar/calendar.ts';
import { wordingBy } from '../../../scheduler/web/src/pure/sentences.ts';
import { ZH_SENTENCES } from '../../../scheduler/web/src/text/zh-sentences.ts';
import { tryParseCron } from '../../../shared/cron/cron.ts';
import { messageOf } from '../../../shared/errors.ts';

/** What the server really says of what people type: nothing of it stays English but names and values. */
const zh = wordingBy(ZH_SENTENCES, (instant) => `<${instant}>`);
/** Two English words side by side are half a sentence. */
const isEnglish = (text: string): boolean => /\b[a-z]{2,} [a-z]{2,}\b/.test(text.replace(/“[^”]*”|"[^"]*"/g, ''));
const left = (sentences: readonly string[]) => sentences.map(zh).filter(isEnglish);

const CRONS = {
  quartz: [
    ...['', '* *', '0 0 0 1 1 ? 2026 7', '30 2 * * 1', '? ? ? ? ? ?', '0 0 0 ? * ?', '0 0 0 * * *', '0 0 0 1 * 1'],
    ...['0 0 0 1 * *', '0 60 0 * * ?', '0 0 24 * * ?', '0 0 0 32 * ?', '0 0 0 ? * 8', '0 0 0 ? * 0', '0 0 0 ? * FOO'],
    ...['0 0 0 ? FOO 1', '0 X 0 * * ?', '0 , 0 * * ?', '0 1/2/3 0 * * ?', '0 1-2-3 0 * * ?', '0 /5 0 * * ?'],
    ...['0 5-1 0 * * ?', '0 1/90 0 * * ?', '0 1/x 0 * * ?', '0 ? 0 * * ?', '0 0 0 ?,1 * ?', '0 0 0 L-40 * ?'],
    ...['0 0 0 1,15W * ?', '0 0 0 3L * ?', '0 0 0 1#2 * ?', '0 0 0 L,1 * ?', '0 0 0 ? * L6', '0 0 0 ? * 6#9'],
    ...[
      '0 L 0 * * ?',
      '0 0 0 31 2 ?',
      '0 0 0 * * ？',
      '0 0 0 * * ? \u{1f600}',
      '@daily',
      '@never',
      '0 0 0 ? * 6-2 2030-2028',
    ],
    '1,'.repeat(400),
  ],
  unix: [
    ...['', '* * *', '0 0 0 1 1 ?', '0 0 1 1 1 1 1 1', '60 * * * *', '* 24 * * *', '* * ? * *', '* * L * *'],
    ...['5/2 * * * *', '5-1 * * * *', '* * * * 6-2', '* * * * 5-0', '@foo', '@daily 1', '* * 30 2 *', '* * * * MOO'],
  ],
} as const;

test('what is wrong with a cron is in Chinese', () => {
  const said = Object.entries(CRONS).flatMap(([dialect, texts]) =>
    texts.map((text) => {
      const reading = tryParseCron(text, { dialect: dialect as 'quartz' | 'unix' });
      return reading.kind === 'refused' ? reading.problem.message : '';
    }),
  );
  expect(said.filter((text) => text !== '').length).toBeGreaterThan(45);
  expect(left(said)).toEqual([]);
  expect(zh('minute, column 3: 60 is not between 0 and 59; the minute after 59 is 0')).toBe(
    '分字段，第 3 列：60 不在 0 至 59 之间；59 之后是 0',
  );
});

const JOB = { id: 1, name: 'import', group: 'orders', handler: 'import', route: 'FIRST' };
const JOBS: readonly object[] = [
  {
    name: '',
    group: '',
    handler: '',
    route: 'NOWHERE',
    priority: 0,
    timeoutSeconds: -1,
    retry: { factor: 0, on: [], jitter: 2 },
  },
  { group: 2, cuont: 3, retry: { count: 'x', firstMs: -1 }, labels: { a: 1 } },
  {
    slowAfterSeconds: 9,
    timeoutSeconds: 5,
    block: 'SOME',
    shardTotal: 0,
    param: '{nowhere}',
    paramByShard: { x: '1' },
  },
  {
    schedule: { kind: 'cron', dialect: 'quartz', text: '0 60 * * * ?', zone: 'Mars/North' },
    misfire: { policy: 'NONE', max: -1 },
  },
  { schedule: { kind: 'fixed_rate', everyMs: 1 }, limits: { startAtMs: 5, endAtMs: 1, roll: 'next', calendar: '?' } },
  { schedule: { kind: 'one_off', atMs: -1 }, businessDate: { zone: 'Nowhere', offsetDays: 999 } },
  { schedule: { kind: 'parent', jobs: [], on: 'never' }, window: { from: '8', to: '8', timeZone: 'No' } },
  { paramFields: { 'a b': { type: 'texts' }, b: { type: 'text', min: 1 } }, loadGuard: {}, arrival: { path: '../x' } },
  { paramFields: { n: { type: 'integer', min: 5, max: 1 } }, param: '{"n": "x"}' },
  { paramFields: { n: { type: 'integer', required: true, default: 1 } }, param: '{"m": 1}' },
  { paramFields: { n: { type: 'integer', min: 5 }, d: { type: 'date' } }, param: '{"n": 1, "d": "soon"}' },
];

test('what is wrong with a job is in Chinese', () => {
  const said = JOBS.flatMap((job) => {
    const read = readJobInput({ ...JOB, ...job } as never);
    return read.kind === 'wrong' ? read.problems.map(({ message }) => message) : [];
  });
  expect(said.length).toBeGreaterThan(25);
  expect(left(said)).toEqual([]);
});

test('what is wrong with a chain or a calendar is in Chinese', () => {
  const chains: readonly object[] = [
    { name: '', nodes: [], edges: [] },
    { nodes: ['a', 'a', 'x'], edges: [{ from: 'a', to: 'z' }], cutOff: { kind: 'time', time: '8', zone: 'No' } },
    {
      nodes: ['a', 'b'],
      edges: [{ from: 'a', to: 'b', graceMs: -1, onDeadline: 'go' }],
      joinAny: ['q'],
      sweeps: ['a'],
    },
    { nodes: ['a', 'b'], edges: [], joinAny: ['q'] },
    { nodes: ['a', 'b'], edges: [], cutOff: { kind: 'time', time: '8', zone: 'No' } },
    { nodes: ['a', 'b'], edges: [{ from: 'a', to: 'b', graceMs: -1 }] },
    { nodes: ['a', 'b'], edges: [], schedule: { kind: 'parent', jobs: ['a'], on: 'success' } },
    { nodes: ['a', 'b'], edges: [{ from: 'a', to: 'b', deadlineMs: 0 }], cutOff: { kind: 'after', afterMs: 0 } },
    {
      nodes: ['a', 'b'],
      edges: [
        { from: 'a', to: 'b' },
        { from: 'b', to: 'a' },
      ],
    },
  ];
  const jobs = new Map(['a', 'b'].map((name) => [name, { ...JOB, name, schedule: { kind: 'none' } }]));
  const ofChains = chains.flatMap((chain) => {
    const read = readChainInput({ name: 'night', ...chain } as never, jobs as never);
    return read.kind === 'wrong' ? read.problems.map(({ message }) => message) : [];
  });
  const calendars = [
    { name: '' },
    { weekly: ['fri'] },
    { datesOut: ['soon'] },
    { datesOut: ['2026-11-20'], datesIn: ['2026-11-20'] },
    { datesOut: ['1800-01-01'] },
  ];
  const ofCalendars = calendars.flatMap((calendar) =>
    refusalOf(() => readCalendar({ name: 'cn', ...calendar } as never)),
  );
  expect([ofChains.length >= 6, ofCalendars.length >= 3]).toEqual([true, true]);
  expect(left([...ofChains, ...ofCalendars])).toEqual([]);
});

test('what is wrong with a request is in Chinese, whatever the route', () => {
  const bodies = [null, 7, {}, { name: '?', password: 'x', reason: '', settings: {}, n: 'x', channels: [], zone: 4 }];
  const said = Object.values(ROUTES).flatMap((route) => {
    const { body } = route as { readonly body?: never };
    return body === undefined ? [] : bodies.flatMap((given) => refusalOf(() => bodyReader(body)(given)));
  });
  expect(said.length).toBeGreaterThan(200);
  expect(left([...new Set(said)])).toEqual([]);
});

test('what is wrong with a password is in Chinese', () => {
  const said = ['aaaaaaaaaaaa', 'chen-is-the-one', 'passwordpassword', '123456789012'].map((text) =>
    passwordRefusal(text, 'chen'),
  );
  expect(said.every((text) => text !== null)).toBe(true);
  expect(left(said.map(String))).toEqual([]);
});

function refusalOf(act: () => unknown): string[] {
  try {
    act();
    return [];
  } catch (error) {
    return error instanceof FieldsError ? error.fields.map(({ message }) => message) : [messageOf(error)];
  }
}
