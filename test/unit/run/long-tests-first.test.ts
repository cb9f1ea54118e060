import { expect, test } from 'vitest';
import { rankOf } from '../../run/long-tests-first.ts';

test('whole nights begin before everything else, and the longest waits before those', () => {
  const paths = [
    '/a/test/unit/shared/metrics.test.ts',
    '/a/test/integration/night-plan-files.test.ts',
    '/a/test/integration/night/night-on-mariadb.test.ts',
    '/a/test/integration/night-killed.test.ts',
    '/a/test/integration/night-hostile.test.ts',
    '/a/test/web/places.test.ts',
    '/a/test/unit/web/texts.test.ts',
    '/a night/test/unit/deploy/screen.test.ts',
  ];
  const sorted = [...paths].sort((a, b) => rankOf(a) - rankOf(b));
  expect(sorted).toEqual([paths[4], paths[5], paths[3], paths[1], paths[2], paths[0], paths[6], paths[7]]);
});
