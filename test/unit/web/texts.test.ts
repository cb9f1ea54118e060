import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { REFUSAL_CODES } from '../../../executor/downstream/verdict.ts';
import { ALARM_KINDS } from '../../../scheduler/storage/sql/alarm-queries.ts';
import { en } from '../../../scheduler/web/src/text/en.ts';
import { zh } from '../../../scheduler/web/src/text/zh.ts';
import { VERDICTS } from '../executor/downstream/settlements.ts';
import { usedTexts } from './used-texts.ts';

const withoutPlural = (key: string): string => key.replace(/_(one|other)$/, '');
const keys = new Set(Object.keys(en).map(withoutPlural));
const used = usedTexts();

test('both languages have the same keys', () => {
  expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort());
});

test('every text that the page names is there', () => {
  expect(used.named.size).toBeGreaterThan(300);
  expect([...used.named].filter((key) => !keys.has(key))).toEqual([]);
});

test('no text is left that the page does not name', () => {
  const isUsed = (key: string) =>
    used.named.has(key) || used.strings.has(key) || used.patterns.some((pattern) => pattern.test(key));
  expect([...keys].filter((key) => !isUsed(key))).toEqual([]);
});

test('a translation has the same places to fill in', () => {
  const places = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort();
  const differ = Object.keys(en).filter(
    (key) => places(en[key as keyof typeof en]).join() !== places(zh[key as keyof typeof zh]).join(),
  );
  expect(differ).toEqual([]);
});

test('no text is empty, and the Chinese one is Chinese', () => {
  const same = ['Slack', 'API', 'Webhook'];
  const empty = Object.entries({ ...en, ...zh }).filter(([, text]) => text.trim() === '');
  const untranslated = Object.entries(zh).filter(
    ([, text]) =>
      !/[\u4e00-\u9fff]/.test(text) && /[A-Za-z]{2}/.test(text.replaceAll(/\{\{\w+\}\}/g, '')) && !same.includes(text),
  );
  expect([empty, untranslated]).toEqual([[], []]);
});

test('each kind of alarm has words', () => {
  const words = Object.keys(en).filter((key) => key.startsWith('alarm.'));
  expect(words.sort()).toEqual(ALARM_KINDS.map((kind) => `alarm.${kind}`).sort());
});

test('each reason for which an item is not settled, or was refused, has words', () => {
  const conflicts = VERDICTS.flatMap((verdict) => (verdict.kind === 'conflicting' ? [verdict.why] : []));
  const open = ['UNCLEAR', 'CONFLICTING', 'REFUSED_OTHER', 'NOT_SENT', 'ATTEMPTS_EXHAUSTED'];
  const gate = ['PREMIUM_OPEN', 'PREMIUM_HELD', 'PREMIUM_FAILED', 'PREMIUM_REJECTED'];
  const reasons = [...open, ...gate, ...conflicts, ...REFUSAL_CODES, 'VOIDED', 'EXPIRED'];
  const words = Object.keys(en).filter((key) => key.startsWith('itemReason.'));
  expect(words.sort()).toEqual(reasons.map((reason) => `itemReason.${reason}`).sort());
});

test('the page and the Chinese readme have one word for a job and one for unresolved', () => {
  const readme = readFileSync(new URL('../../../README.zh-CN.md', import.meta.url), 'utf8');
  const all = [...Object.values(zh), ...readme.split('\n')];
  expect(all.filter((text) => /作业|未了结/.test(text))).toEqual([]);
  expect([zh['nav.jobs'], zh['state.UNRESOLVED']]).toEqual(['任务', '未决']);
});
