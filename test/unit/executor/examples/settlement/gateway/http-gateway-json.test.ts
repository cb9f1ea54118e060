import { expect, test } from 'vitest';
import { readEntries } from '../../../../../../executor/examples/settlement/http-gateway-answers.ts';
import { parseGatewayJson } from '../../../../../../executor/examples/settlement/http-gateway-json.ts';

const amountOf = (amount: string, space = ''): unknown => {
  const answer = readEntries(`{"results":[{"requestNo":"A",${space}"amount":${amount}}]}`);
  return answer.ok ? answer.value[0]?.amount : answer.why;
};

test.each([
  ['1250', 1250],
  ['12.0', 12],
  ['1.2e1', 12],
  ['1200e-2', 12],
  ['0e-5', 0],
])('the number %s is the integer it stands for', (text, value) => {
  expect(amountOf(text)).toBe(value);
  expect(amountOf(text, ' ')).toBe(value);
});

test.each([
  '12.5',
  '1e21',
  '1e400',
  '9007199254740993',
  '"12"',
  'null',
  '12.00000000000000000001',
  '1200000000000000000001e-20',
  '1e-400',
  '-0.1',
])('the amount %s is not mistaken for a safe integer', (text) => {
  expect(Number.isSafeInteger(amountOf(text))).toBe(false);
});

test.each([
  '{"results":[{"requestNo":"A","status":"FAILED","status":"SUCCESS"}]}',
  '{"results":[],"results":[{"requestNo":"A"}]}',
  '{ "results": [ { "requestNo": "A", "\\u0073tatus": "FAILED", "status": "SUCCESS" } ] }',
  '{"results":[{"requestNo":"A","amount":1,"amount":1}]}',
])('a name that occurs twice in one object makes the whole answer unusable: %s', (text) => {
  expect(readEntries(text)).toMatchObject({ ok: false, why: expect.stringContaining('twice') });
});

test('spaces, escapes and a byte order mark are no objection', () => {
  const text = '\uFEFF{ "results" : [ { "requestNo" : "\\u0041\\"x\\":" , "amount" : 5 } ] }';
  expect(readEntries(text)).toMatchObject({ ok: true, value: [{ requestNo: 'A"x":', amount: 5 }] });
});

test('names of the prototype are data: nothing is polluted and nothing is inherited', () => {
  const text =
    '{"results":[{"__proto__":{"status":"SUCCESS","code":"OK"},"constructor":{"prototype":{"status":"SUCCESS"}},"requestNo":"A"}]}';
  const answer = readEntries(text);
  expect(answer).toMatchObject({ ok: true });
  expect(answer.ok && answer.value[0]?.status).toBeUndefined();
  expect(({} as Record<string, unknown>).status).toBeUndefined();
});

test('what somebody put on the prototype of all objects is not an answer', () => {
  Object.defineProperty(Object.prototype, 'status', { value: 'SUCCESS', configurable: true });
  Object.defineProperty(Object.prototype, 'results', { value: [{}], configurable: true });
  try {
    const answer = readEntries('{"results":[{"requestNo":"A"}]}');
    expect(answer.ok && answer.value[0]?.status).toBeUndefined();
    expect(readEntries('{}').ok).toBe(false);
  } finally {
    Reflect.deleteProperty(Object.prototype, 'status');
    Reflect.deleteProperty(Object.prototype, 'results');
  }
});

test('entries that are no objects are dropped, the others stay as they came', () => {
  const answer = readEntries('{"results":[1,null,"A",[{"requestNo":"B"}],{"requestNo":7,"status":true}]}');
  expect(answer).toMatchObject({ ok: true, value: [{ requestNo: 7, status: true }] });
});

test.each([
  '',
  '{"results":[',
  'null',
  '[]',
  '"results"',
  '{}',
  '{"results":{}}',
  '{"results":null}',
  '<html>',
  '{"__proto__":{"results":[]}}',
])('the body %j has not the outer shape of an answer', (text) => {
  expect(readEntries(text).ok).toBe(false);
});

test('nesting without end is refused, not a stack overflow', () => {
  expect(parseGatewayJson(`${'['.repeat(200_000)}${']'.repeat(200_000)}`).ok).toBe(false);
});
