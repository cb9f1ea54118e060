import { expect, test } from 'vitest';
import { spanOf } from '../../../scheduler/firing/judge-missed.ts';
import { judgeWaiting } from '../../../scheduler/run/judge-waiting.ts';
import { decideRetry } from '../../../scheduler/run/retry-policy.ts';
import { skeletonsOf, wordingBy } from '../../../scheduler/web/src/pure/sentences.ts';
import { JOINED_SENTENCES } from '../../../scheduler/web/src/text/sentences/joined.ts';
import { ZH_PARTS, ZH_SENTENCES } from '../../../scheduler/web/src/text/zh-sentences.ts';
import { type SourceSentence, sentencesIn } from './server-sentences.ts';

/** Files and folders of which every sentence has to be known: people read them on the page. */
const READ_BY_PEOPLE = [
  'scheduler/run',
  'scheduler/shard',
  'scheduler/routing',
  'scheduler/callback',
  'scheduler/dispatch',
  'scheduler/arrival',
  'scheduler/firing',
  'scheduler/chain',
  'scheduler/alarm',
  'scheduler/admin/alarm/http-alarm-sender.ts',
  'scheduler/admin/alarm/late-chains.ts',
  'scheduler/admin/alarm/send-alarms.ts',
  'scheduler/admin/alarm/watch-nights.ts',
  'scheduler/admin/alarm/why-not-sent.ts',
  'scheduler/cluster/scheduler-node.ts',
  'scheduler/bulk',
  'scheduler/script',
  'scheduler/calendar',
  'scheduler/definition',
  'scheduler/registry/groups.ts',
  'scheduler/admin',
  'scheduler/admin/audit/verify-audit.ts',
  'scheduler/admin/definition',
  'scheduler/admin/dry-run',
  'scheduler/admin/inspect/ask-executor.ts',
  'scheduler/admin/people',
  'scheduler/api/admin/admit.ts',
  'scheduler/api/admin/mount-admin.ts',
  'scheduler/api/admin/problem.ts',
  'scheduler/api/admin/rate-limit.ts',
  'scheduler/api/admin/read-input.ts',
  'scheduler/api/admin/handlers',
  'shared/cron/cron-source.ts',
  'shared/cron/parse-day.ts',
  'shared/cron/parse-expression.ts',
  'shared/cron/parse-field.ts',
  'shared/cron/parse-value.ts',
  'shared/cron/refuse-never.ts',
  'shared/schema-faults.ts',
  'executor/handler/attempt.ts',
  'executor/handler/classify-outcome.ts',
  'executor/node/slots.ts',
  'executor/handler/builtin/http-call.ts',
  'executor/handler/builtin/http-handler.ts',
  'executor/handler/builtin/run-program.ts',
  'executor/batch/step-errors.ts',
  'executor/downstream/resolve-by-hand.ts',
  'executor/examples/settlement/reconcile-lines.ts',
  'executor/examples/settlement/plans-param.ts',
  'executor/examples/settlement/plan-file.ts',
  'executor/examples/settlement/http-gateway-settlement-file.ts',
];
/** Where other sentences of the catalogue stand, among many that nobody sees on the page. */
const ALSO = [
  'executor/batch',
  'executor/batch/readers',
  'executor/downstream/create-money-engine.ts',
  'executor/examples/settlement',
  'executor/handler',
  'executor/handler/builtin',
  'executor/handler/isolation',
  'executor/slice',
  'executor/workers',
  'shared/cron/zone.ts',
  'scheduler/api/admin/contract',
  'node_modules/typebox/build/system/locale/en_US.mjs',
  'scheduler/storage/sql/attempt-queries.ts',
  'executor/node/attempt-queries.ts',
  'executor/node/trigger-routes.ts',
];
/** What stands in those files and is told to programs, or to nobody. */
const NOT_ON_THE_PAGE = [
  // Faults of ours: people are told that there was one, and the log has it.
  / is neither new nor there$/,
  /^chain run \{\} is not there$/,
  /^user \{\} is not there$/,
  /^taken back, as it was meant to be$/,
  / was reached past its doors$/,
  / declares no right: /,
  / is not there in the transaction that made it$/,
  / is not there after it was stored$/,
  / has no attempt after it was made$/,
  / has no definition \{\}$/,
  / has gone without a script$/,
  /^shard in \{\} refused the result/,
  /^(openapi invoke error:|invalid request,|the store is failing)$/,
  / results were not taken, the others were/,
  /for which this token does not speak$/,
  / l\.request_no /,
  /^200 to 299$/,
  // Names, headers, a command, what goes out by a channel.
  /^(key|by) \{\}$/,
  /^all groups$/,
  /^kind \{\}$/,
  /^attachment; /,
  /^(id: \{\}\nevent|: hello|: beat)/,
  /^DAYBREAK_SCHEDULERS=/,
  /^This is a test: alarms will come this way\.$/,
  // The audit has its own words for what was done.
  /^(ask to mark|mark) \{\}$/,
  /^\{\} to \{\}$/,
  /^by itself$/,
];
/** Parts that stand for nothing without the others; joined.ts has the whole. */
const PARTS = [
  /^in \{\}$/,
  /^\{\} has \{\}$/,
  /^\{\} must (not )?have \{\}$/,
  /^\{\} is \{\} and \{\}$/,
  // The page has what is wrong by its field.
  /^(job|chain) "\{\}": \{\} \{\}$/,
  /^edge \{\}:$/,
  /^\{\}, (arrival|paramFields\.\{\}|\{\} of kind \{\})$/,
  /^FORBIDDEN: this needs the right "\{\}"$/,
  /^(cron expression|\{\}), column \{\}$/,
  /^ \(0 and 7 = SUN\)$/,
  /^\{\} is not between \{\} and \{\}\{\}\{\}$/,
  /^; (midnight is hour 0|the \{\} after 59 is 0|write a value of that range)$/,
  /^"\{\}" is no value; write a number\{\}$/,
  /^ or one of \{\}$/,
  /should have begun at \{\}\{\}$/,
  /^;? and \{\} more$/,
  /^runs? \{\}\{\}$/,
  /^group "\{\}"\{\}$/,
  /^\{\}\{\}; how far it came is not known$/,
];

const zh = wordingBy(ZH_SENTENCES, (instant) => `<${instant}>`);
const known = new Set(Object.keys(ZH_SENTENCES).flatMap(skeletonsOf));
// A name in braces is text to the server, and a place to the catalogue.
const skeleton = ({ text }: SourceSentence): string => text.replace(/\{\w+\}/g, '{}');

test('every sentence of the server that people read has its Chinese', () => {
  const sentences = sentencesIn(READ_BY_PEOPLE);
  expect(sentences.length).toBeGreaterThan(100);
  const unknown = sentences.filter(
    (one) => !known.has(skeleton(one)) && ![...NOT_ON_THE_PAGE, ...PARTS].some((pattern) => pattern.test(one.text)),
  );
  expect(unknown.map(({ path, text }) => `${path}: ${text}`)).toEqual([]);
});

test('parts of the catalogue are not two at once', () => {
  const parts = ZH_PARTS.flatMap((part) => Object.keys(part));
  expect(parts.filter((sentence, at) => parts.indexOf(sentence) !== at)).toEqual([]);
});

test('no sentence is left that the server does not say', () => {
  const said = new Set(sentencesIn([...READ_BY_PEOPLE, ...ALSO]).map(skeleton));
  const left = Object.keys(ZH_SENTENCES).filter(
    (sentence) =>
      / /.test(sentence.trim()) &&
      !(sentence in JOINED_SENTENCES) &&
      !skeletonsOf(sentence).some((each) => said.has(each)),
  );
  expect(left).toEqual([]);
});

const SAMPLES: Readonly<Record<string, string>> = {
  '#': '7',
  '~': '2026-11-20T18:00:00.000Z',
  '^': 'CODE',
  '!': 'fires late',
};
const sampleAt = (kind: string, name: string): string => SAMPLES[kind] ?? (kind === '@' ? `${name}@` : `${name}?`);
const sampleOf = (sentence: string): string =>
  sentence
    .replace(/\{([#@~^>!]?)(\w+)\}/g, (_, kind: string, name: string) => sampleAt(kind, name))
    .replace(/\{([^{}|]*)(?:\|[^{}|]*)+\}/g, '$1');

test('each sentence is known as itself, and not as another one', () => {
  const sampleZh = (sentence: string): string => {
    const kinds = new Map([...sentence.matchAll(/\{([#@~^>!]?)(\w+)\}/g)].map(([, kind, name]) => [name, kind ?? '']));
    return (ZH_SENTENCES[sentence] ?? '').replace(/\{(\w+)\}/g, (_, name: string) => {
      const kind = kinds.get(name) ?? '';
      return kind === '!'
        ? zh(sampleAt(kind, name))
        : kind === '~'
          ? `<${sampleAt(kind, name)}>`
          : sampleAt(kind, name);
    });
  };
  const wrong = Object.keys(ZH_SENTENCES).filter((sentence) => zh(sampleOf(sentence)) !== sampleZh(sentence));
  expect(wrong.map((sentence) => [sentence, zh(sampleOf(sentence))])).toEqual([]);
});

test('a Chinese sentence has the values of the English one, each once, and is Chinese', () => {
  const places = (text: string) => [...text.matchAll(/\{[#@~^>!]?(\w+)\}/g)].map(([, name]) => name);
  const differ = Object.entries(ZH_SENTENCES).filter(
    ([en, text]) =>
      !places(text).every((name) => places(en).includes(name)) || new Set(places(text)).size < places(text).length,
  );
  const latin = Object.values(ZH_SENTENCES).filter((text) => !/[\u4e00-\u9fff：（]/.test(text));
  expect([differ, latin]).toEqual([[], []]);
});

test('a sentence within a sentence is worded too, and what a handler said stays as it came', () => {
  const e = 'TypeError: cannot read "x"; see the log';
  expect(zh(`shard 0 failed: ${e}`)).toBe(`分片 0 失败：${e}`);
  expect(
    zh(`shard 2 failed: try 3 of 3 failed: ${e}; shard 0 cancelled: killed by ann: the bank is late; and 2 more`),
  ).toBe(`分片 2 失败：第 3 次尝试（共 3 次）失败：${e}；分片 0 已取消：被 ann 终止：the bank is late；另有 2 个`);
  expect(zh('chain "night" of 2026-11-20 failed: import timed out: shard 0 failed: job execute timeout ')).toBe(
    '2026-11-20 的链“night”失败：import 超时：分片 0 失败：执行超时',
  );
  expect(zh('HTTP_UNCLEAR: GET http://x/: no whole answer within 50 ms: it may have been executed')).toBe(
    'HTTP_UNCLEAR：GET http://x/：50 毫秒内没有完整的应答：可能已经执行',
  );
  const own = [
    'E_OWN: no such coin',
    'password expired',
    'in progress',
    'there is no coin',
    'import has failed',
    '3 rooms booked',
  ];
  expect(own.map(zh)).toEqual(own);
  expect(zh('import>sweep: parent failed; gate>sweep: parent passed over')).toBe(
    'import>sweep：父节点失败；gate>sweep：父节点已跳过',
  );
});

test('what the server says of a run that waits or is tried again is in Chinese', () => {
  const job = { block: 'SERIAL_EXECUTION', parallelMax: 1, group: 'orders', labels: { region: 'north' } } as const;
  const earlier = [3, 4, 5, 6, 7].map((runId) => ({ runId, state: 'running' }) as const);
  const waiting = (facts: object) =>
    judgeWaiting({ job, awaitedInput: null, earlier: [], limit: null, alive: 1, ...facts } as never);
  const wordsOf = (verdict: object) => zh((verdict as { reason: string }).reason);
  expect(wordsOf(waiting({ earlier }))).toBe('等待该任务的运行 3, 4, 5 及另外 2 次');
  expect(wordsOf(waiting({ earlier: earlier.slice(0, 1) }))).toBe('等待该任务的运行 3');
  expect(wordsOf(waiting({ alive: 0 }))).toBe('组“orders”（标签 region=north）没有存活的执行器');
  expect(wordsOf(waiting({ limit: { max: 2, running: 2 } }))).toBe('组“orders”已达同时运行上限 2');
  const retry = { count: 2, firstMs: 1_000, factor: 2, maxMs: 60_000, jitter: 0, on: ['FAILED'] } as const;
  const failure = { code: 500, message: 'E1: no', errorCode: null, retryable: null };
  const tried = (of: object) =>
    decideRetry({ retry, failuresBefore: 0, failure, defaultFirstMs: 1, nowMs: 0, ...of } as never, { next: () => 0 });
  expect(wordsOf(tried({}))).toBe('第 1 次尝试（共 3 次）失败，下一次在 <1970-01-01T00:00:01.000Z>：E1: no');
  expect(wordsOf(tried({ failuresBefore: 2 }))).toBe('第 3 次尝试（共 3 次）失败：E1: no');
  expect(wordsOf(tried({ failure: { ...failure, message: null, code: 502 } }))).toBe(
    '第 1 次尝试（共 3 次），不再重试（retry.on 中没有 TIMEOUT，只有 FAILED）：代码 502',
  );
});

test('spans of time and the misfires that are told with them are in Chinese', () => {
  const spans = [340, 61_000, 125 * 60_000, 86_400_000 * 2, 5_000].map((ms) =>
    zh(`missed by ${spanOf(ms)}: caught up`),
  );
  expect(spans).toEqual(
    [' 340 毫秒', ' 1 分 1 秒', ' 2 小时 5 分钟', ' 2 天', ' 5 秒'].map((span) => `错过了${span}：已补触发`),
  );
  expect(zh('missed by 2 h: fires once for itself and 3 earlier ones')).toBe(
    '错过了 2 小时：补触发一次，代表自身和之前的 3 次',
  );
});
