import { describe, expect, test } from 'vitest';
import { checkImports } from '../../../../deploy/lint/check-imports.ts';
import { readSourceTree } from '../../../../deploy/lint/source-tree.ts';
import { plantTree } from '../../../support/planted-tree.ts';

const check = (files: Readonly<Record<string, string>>) =>
  checkImports(readSourceTree(plantTree(files))).map(({ path, line, message }) => `${path}:${line} ${message}`);

const imports = (specifier: string) => `import { it } from '${specifier}';\n`;

describe('import directions', () => {
  test.each([
    ['shared/a.ts', '../executor/b.ts'],
    ['shared/a.ts', '../scheduler/b.ts'],
    ['scheduler/run/a.ts', '../../executor/b.ts'],
    ['executor/node/a.ts', '../../scheduler/b.ts'],
    ['executor/a.ts', '../deploy/cli/b.ts'],
    ['executor/a.ts', '../test/support/b.ts'],
    ['deploy/cli/a.ts', '../../test/support/b.ts'],
  ])('%s may not import %s', (path, specifier) => {
    expect(check({ [path]: `\n${imports(specifier)}` })).toEqual([expect.stringContaining(`${path}:2 imports `)]);
  });

  test.each([
    ['scheduler/a.ts', '../shared/b.ts'],
    ['executor/node/a.ts', '../../shared/b.ts'],
    ['executor/node/a.ts', '../slice/b.ts'],
    ['deploy/cli/a.ts', '../../scheduler/b.ts'],
    ['test/unit/a.test.ts', '../../deploy/lint/b.ts'],
    ['shared/a.ts', 'node:fs'],
    ['shared/a.ts', 'kysely'],
  ])('%s may import %s', (path, specifier) => {
    expect(check({ [path]: imports(specifier) })).toEqual([]);
  });

  test.each([
    ['a type import', "import type { B } from '../executor/b.ts';"],
    ['an import over several lines', "import {\n  a,\n  type B,\n} from '../executor/b.ts';"],
    ['an import for its effect', "import '../executor/b.ts';"],
    ['a dynamic import', "const b = await import('../executor/b.ts');"],
    ['a default and a namespace', "import b, * as all from '../executor/b.ts';"],
  ])('%s counts', (_, line) => {
    expect(check({ 'shared/a.ts': line })).toHaveLength(1);
  });

  test.each([
    ['a comment', "// import { b } from '../executor/b.ts';"],
    ['a block comment', "/*\n import { b } from '../executor/b.ts';\n*/"],
    ['a string', 'const text = "import { b } from \'../executor/b.ts\'";'],
    ['a template', "const text = `import { b } from '../executor/b.ts'`;"],
  ])('an import in %s does not', (_, line) => {
    expect(check({ 'shared/a.ts': line })).toEqual([]);
  });

  test('the web pages import types of the API and nothing else of the server', () => {
    const found = check({
      'scheduler/web/src/a.tsx': "import type { JobRow } from '../../api/rows.ts';\n",
      'scheduler/web/src/b.tsx': imports('../../api/rows.ts'),
      'scheduler/web/src/c.tsx': "import type { Run } from '../../run/run.ts';\n",
    });
    expect(found.map((line) => line.split(':')[0])).toEqual(['scheduler/web/src/b.tsx', 'scheduler/web/src/c.tsx']);
  });
});

describe('barrels', () => {
  test.each([
    "export * from './b.ts';",
    "export { b } from './b.ts';",
    "export type { B } from './b.ts';",
  ])('only the public interface may say: %s', (line) => {
    expect(check({ 'executor/batch/a.ts': line })).toEqual([expect.stringContaining('re-exports ./b.ts')]);
    expect(check({ 'executor/index.ts': line })).toEqual([]);
    expect(check({ 'executor/testing.ts': line })).toEqual([]);
    expect(check({ 'scheduler/index.ts': line })).toEqual([]);
  });
});

describe('cycles', () => {
  test('a cycle is found and its way is named', () => {
    const found = check({
      'shared/a.ts': imports('./b.ts'),
      'shared/b.ts': imports('./c.ts'),
      'shared/c.ts': imports('./a.ts'),
    });
    expect(found).toEqual(['shared/c.ts:1 closes a cycle: shared/a.ts -> shared/b.ts -> shared/c.ts -> shared/a.ts']);
  });

  test('a file that imports itself is one', () => {
    expect(check({ 'shared/a.ts': imports('./a.ts') })).toEqual([expect.stringContaining('closes a cycle')]);
  });

  test('two files may name each other in types, which are erased', () => {
    expect(check({ 'shared/a.ts': "import type { B } from './b.ts';", 'shared/b.ts': imports('./a.ts') })).toEqual([]);
  });

  test('two ways to one file are none', () => {
    const files = {
      'shared/a.ts': imports('./b.ts') + imports('./c.ts'),
      'shared/b.ts': imports('./c.ts'),
      'shared/c.ts': '',
    };
    expect(check(files)).toEqual([]);
  });
});
