import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { refusalOfNode } from '../../../shared/needs-node.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const PACKAGE = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as {
  engines: { node: string };
  exports: Record<string, string | { default: string }>;
};

test('a Node that is too old is told by its number and place; the least that package.json names is not', () => {
  const least = PACKAGE.engines.node.replace('>=', '');
  expect(refusalOfNode(`${least}.0.0`, '/bin/node')).toBeNull();
  expect(refusalOfNode('100.1.0', '/bin/node')).toBeNull();
  expect(refusalOfNode(`${Number(least) - 1}.9.9`, '/bin/node')).toMatch(
    new RegExp(
      `^daybreak needs Node ${least} or newer, and this is \\d+\\.9\\.9 \\(/bin/node\\): start it with a newer`,
    ),
  );
});

test('every entry of the package says so before anything else of it is run', () => {
  const compiled = Object.values(PACKAGE.exports).flatMap((target) =>
    typeof target === 'string' ? [] : target.default,
  );
  const entries = [...new Set(compiled)].map((path) => path.replace('./dist/', ROOT).replace(/\.js$/, '.ts'));
  const old = 'data:text/javascript,Object.defineProperty(process.versions,"node",{value:"20.20.2"})';
  const ask = `for (const entry of ${JSON.stringify(entries)}) await import(entry).then(
    () => console.log('it began', entry), (error) => console.log(error.message));`;
  const said = execFileSync(process.execPath, ['--import', old, '--input-type=module', '-e', ask], {
    encoding: 'utf8',
  });
  expect(said.trim().split('\n')).toEqual(entries.map(() => expect.stringMatching(/^daybreak needs Node 24/)));
});
