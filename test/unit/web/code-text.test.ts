import { expect, test } from 'vitest';
import { codeLine, fromField, lineEndsOf, toField, unseenSigns } from '../../../scheduler/web/src/pure/code-text.ts';

test('a command cannot hide in what colours a terminal, nor behind signs that turn the writing', () => {
  expect(codeLine('echo \u001b]; rm -rf /srv; \u0007done')).toBe('echo ‹U+001B›]; rm -rf /srv; ‹U+0007›done');
  expect(codeLine('if x\u202e } \u2066# all\u2069')).toBe('if x‹U+202E› } ‹U+2066›# all‹U+2069›');
  expect(codeLine('a\u00a0b\u200b\ufeff\u{e0041}\r')).toBe('a‹U+00A0›b‹U+200B›‹U+FEFF›‹U+E0041›‹CR›');
  expect(codeLine('\tif [ "$1" ]; then # 检查 💶')).toBe('\tif [ "$1" ]; then # 检查 💶');
});

test('what one does not see while editing is told by its line', () => {
  expect(unseenSigns('echo\r\n\u202eone\u0000\u202e\r\ntwo')).toEqual([{ line: 2, signs: '‹U+202E› ‹U+0000›' }]);
});

test('a text that ends its lines with CR LF does so after it was edited as well', () => {
  const windows = 'echo one\r\necho two\r\n';
  expect([lineEndsOf(windows), lineEndsOf('a\nb'), lineEndsOf('a\r\nb\n'), lineEndsOf('a\rb'), lineEndsOf('')]).toEqual(
    ['crlf', 'lf', 'mixed', 'mixed', 'lf'],
  );
  expect(fromField(toField(windows), true)).toBe(windows);
  expect(fromField(toField(windows), false)).toBe('echo one\necho two\n');
});
