import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inertLine, inertText, inertValue } from '../../../scheduler/web/src/pure/inert-text.ts';

test('colours and titles of a terminal are gone, their text stays', () => {
  expect(inertLine('\u001b[31;1mred\u001b[0m \u001b]0;title\u0007plain')).toBe('red plain');
  expect(inertLine('\u001b[2K\u001b[1Gover')).toBe('over');
});

test('what moves, rings or hides is seen as a sign', () => {
  expect(inertLine('a\u0007b\u0000c\rd\u007f')).toBe('a\u2407b\u2400c\u240dd\u2421');
  expect(inertLine('tab\there')).toBe('tab\there');
});

test('the direction of writing cannot be turned', () => {
  expect(inertLine('invoice\u202Efdp.exe')).toBe('invoice\u2039U+202E\u203afdp.exe');
  expect(inertLine('a\u200bb\ufeff')).toBe('a\u2039U+200B\u203ab\u2039U+FEFF\u203a');
});

test('markup is left as it is: it is shown as text', () => {
  expect(inertLine('<script>alert(1)</script>')).toBe('<script>alert(1)</script>');
  expect(inertValue({ a: ['<b>', null] })).toContain('"<b>"');
});

test('lines stay lines', () => {
  expect(inertText('one\r\ntwo\rthree\nfour')).toBe('one\ntwo\u240dthree\nfour');
  expect(inertValue(null)).toBe('');
});

test('nothing that can do anything is ever left', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
      expect(inertLine(text)).not.toMatch(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
    }),
  );
});
