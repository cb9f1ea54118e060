import { expect, test } from 'vitest';
import { afterFailure, isShut, LOCKED_MS } from '../../../../scheduler/admin/people/lockout.ts';
import { checkPassword, hashPassword } from '../../../../scheduler/admin/people/password.ts';
import { passwordRefusal } from '../../../../scheduler/admin/people/password-rules.ts';
import { mayDo, type Principal, type Right } from '../../../../scheduler/admin/rights/rights.ts';
import { inertLine } from '../../../../scheduler/api/admin/handlers/log-text.ts';
import { levelOf } from '../../../../shared/log-level.ts';
import { systemRuntime } from '../../../../shared/runtime/system-runtime.ts';

const { random } = systemRuntime();

test('a password is hashed by argon2id at the cost that is asked for, with a salt of its own', async () => {
  const hash = await hashPassword('correct horse battery', random);
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(await hashPassword('correct horse battery', random)).not.toBe(hash);
  expect(await checkPassword('correct horse battery', hash)).toEqual({ fits: true, isOutdated: false });
  expect((await checkPassword('correct horse batterY', hash)).fits).toBe(false);
  expect((await checkPassword('correct horse battery', null)).fits).toBe(false);
  expect((await checkPassword('correct horse battery', 'nonsense')).fits).toBe(false);
  // One text, two spellings of Unicode.
  const accented = await hashPassword('caf\u00e9 au lait, double', random);
  expect((await checkPassword('cafe\u0301 au lait, double', accented)).fits).toBe(true);
});

test('an all-zero tag, which stands for nobody, never lets anybody in', async () => {
  const zero = `$argon2id$v=19$m=19456,t=2,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`;
  expect((await checkPassword('anything at all', zero)).fits).toBe(false);
});

test('waits grow after the third wrong password, and the tenth shuts for half an hour', () => {
  let row = { failures: 0, lastAt: 0, lockedUntil: 0 };
  const waits: number[] = [];
  for (let n = 1; n <= 10; n++) {
    const now = Math.max(row.lockedUntil, n * 1_000);
    row = { ...afterFailure(row, now), lastAt: now };
    waits.push(Math.max(0, row.lockedUntil - now));
  }
  expect(waits).toEqual([0, 0, 0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, LOCKED_MS]);
  expect(isShut(row, row.lockedUntil - 1)).toBe(true);
  expect(isShut(row, row.lockedUntil)).toBe(false);
  expect(afterFailure(row, row.lockedUntil + LOCKED_MS).failures).toBe(1);
});

test.each([
  'password1234',
  'Password2026!',
  'qwertyuiop12',
  'passwordpassword',
  'aaaaaaaaaaaa',
  '123456789012',
  'ana-is-my-name',
])('a password that is tried first is refused: %s', (password) => {
  expect(passwordRefusal(password, 'ana-is')).not.toBeNull();
});

test('a right is judged in every group of what is touched', () => {
  const of = (grants: Record<string, Right[]>, isAdmin = false): Principal => ({
    kind: 'user',
    id: 1,
    name: 'ana',
    displayName: 'Ana',
    isAdmin,
    grants: new Map(Object.entries(grants).map(([group, rights]) => [group, new Set(rights)])),
  });
  const ana = of({ a: ['run'], b: ['view'] });
  expect(mayDo(ana, 'run', ['a'])).toBe(true);
  expect(mayDo(ana, 'view', ['a', 'b'])).toBe(true);
  expect(mayDo(ana, 'run', ['a', 'b'])).toBe(false);
  expect(mayDo(ana, 'view', ['c'])).toBe(false);
  expect(mayDo(ana, 'view', [])).toBe(false);
  expect(mayDo(ana, 'run', 'everything')).toBe(false);
  expect(mayDo(ana, 'edit', ['a'])).toBe(false);
  expect(mayDo(of({ '*': ['edit'] }), 'edit', [])).toBe(true);
  expect(mayDo(of({ '*': ['edit'] }), 'approve', ['a'])).toBe(false);
  expect(mayDo(of({ '*': ['edit'] }), 'admin', 'everything')).toBe(false);
  expect(mayDo(of({}, true), 'admin', 'everything')).toBe(true);
  expect(mayDo(of({ a: [] }), 'view', ['a'])).toBe(false);
  expect(mayDo(null, 'session', 'none')).toBe(false);
  expect(mayDo(null, 'public', 'none')).toBe(true);
});

test('a line of a log stays on its line, in its direction and without colours', () => {
  const esc = String.fromCharCode(27);
  expect(inertLine(`${esc}[31mred${esc}[0m ${esc}]0;title${String.fromCharCode(7)}end`)).toBe('red end');
  expect(inertLine('a\r\nb\u0000c')).toBe('a\ufffd\ufffdb\ufffdc');
  expect(inertLine('pay \u202e000,1')).toBe('pay \ufffd000,1');
  expect(inertLine('<script>alert(1)</script>')).toBe('<script>alert(1)</script>');
  expect(levelOf('2026-11-20T02:30:00Z WARN slow')).toBe('warn');
  expect(levelOf('all is well')).toBeNull();
});
