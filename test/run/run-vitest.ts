import { relative } from 'node:path';
import type { TestCase, TestModule, TestSuite } from 'vitest/node';
import { parseCLI, startVitest } from 'vitest/node';
import { type Server, serversInTitle } from '../support/server-names.ts';
import type { LeftOut } from './summary.ts';

export type TestTally = {
  readonly passed: number;
  readonly failed: number;
  readonly failures: readonly Failure[];
  readonly leftOut: LeftOut;
};

/** What failed, in which file (null: outside any), and the first lines of why. */
export type Failure = { readonly title: string; readonly file: string | null; readonly why: string };

type Outcome = { readonly modules: readonly TestModule[]; readonly strayErrors: readonly unknown[] };

/** Runs the tests in this process (their workers end with it), and counts. `args` are vitest's own. */
export async function runVitest(args: readonly string[]): Promise<TestTally> {
  const { filter, options } = parseCLI(['vitest', 'run', ...args]);
  let outcome: Outcome = { modules: [], strayErrors: [] };
  const keepOutcome = {
    onTestRunEnd: (modules: readonly TestModule[], errors: readonly unknown[]) => {
      outcome = { modules, strayErrors: errors };
    },
  };
  const vitest = await startVitest('test', filter, { ...options, watch: false, reporters: ['default', keepOutcome] });
  await vitest.close();
  return count(outcome);
}

function count({ modules, strayErrors }: Outcome): TestTally {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const failed = tests.filter((test) => test.result().state === 'failed');
  // A file that does not load and a hook that throws have no test of their own to fail.
  const broken = modules
    .flatMap((module) => [module, ...module.children.allSuites()])
    .filter((part) => part.errors().length > 0);
  const failures: Failure[] = [
    ...failed.map((test) => ({
      title: `${test.module.relativeModuleId} > ${test.fullName}`,
      file: test.module.relativeModuleId,
      why: firstLines(test.result().errors?.[0]?.message),
    })),
    ...broken.map((part) => ({
      title: `${nameOf(part)} (outside any test)`,
      file: part.type === 'module' ? part.relativeModuleId : part.module.relativeModuleId,
      why: firstLines(part.errors()[0]?.message),
    })),
    ...strayErrors.map((error) => ({
      title: 'an error that no test waited for; it is printed above',
      file: originOf(error),
      why: '',
    })),
  ];
  // Without a test nothing has been shown, whatever the reason.
  if (tests.length === 0 && failures.length === 0) failures.push({ title: 'no test was found', file: null, why: '' });
  return {
    passed: tests.filter((test) => test.result().state === 'passed').length,
    failed: failures.length,
    failures,
    leftOut: countLeftOut(tests),
  };
}

/** The file that ran when nobody waited for the error, as vitest marks it. */
function originOf(error: unknown): string | null {
  const path =
    typeof error === 'object' && error !== null && 'VITEST_TEST_PATH' in error ? error.VITEST_TEST_PATH : null;
  return typeof path === 'string' ? relative(process.cwd(), path) : null;
}

const WHY_CHARACTERS = 1_500;

/** Enough to know the cause by the end of the output alone, which may be all that is kept of it. */
const firstLines = (message: string | undefined): string => (message ?? '').slice(0, WHY_CHARACTERS);

const nameOf = (part: TestModule | TestSuite): string =>
  part.type === 'module' ? part.relativeModuleId : `${part.module.relativeModuleId} > ${part.fullName}`;

function countLeftOut(tests: readonly TestCase[]): LeftOut {
  const leftOut = new Map<Server, number>();
  for (const test of tests) {
    if (test.result().state !== 'skipped') continue;
    for (const server of serversInTitle(test.fullName)) leftOut.set(server, (leftOut.get(server) ?? 0) + 1);
  }
  return leftOut;
}
