import { expect, test } from 'vitest';
import { rankOf } from '../../run/long-tests-first.ts';

test('whole nights begin before everything else, and before those what waits longest beside what computes longest', () => {
  const paths = [
    '/a/test/unit/shared/metrics.test.ts',
    '/a/test/integration/night-plan-files.test.ts',
    '/a/test/integration/night/night-on-mariadb.test.ts',
    '/a/test/integration/night-killed.test.ts',
    '/a/test/integration/night-hostile.test.ts',
    '/a/test/web/places.test.ts',
    '/a/test/unit/web/texts.test.ts',
    '/a night/test/unit/deploy/screen.test.ts',
    '/a/test/integration/night-cli-nights.test.ts',
    '/a/test/web/page.test.ts',
    '/a/test/simulation/simulation.test.ts',
  ];
  const sorted = [...paths].sort((a, b) => rankOf(a) - rankOf(b));
  expect(sorted).toEqual([4, 5, 8, 3, 9, 1, 2, 10, 0, 6, 7].map((at) => paths[at]));
});
