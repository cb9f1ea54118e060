import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongTestsFirst } from './test/run/long-tests-first.ts';

// The processes of a night have 220 MB each, and the tests are more than one file.
const isRoomy = process.availableMemory() >= 8 * 2 ** 30;

export default defineConfig({
  test: {
    globalSetup: ['test/run/keep-compiled.ts', 'test/run/provide-servers.ts'],
    // Processes, not threads: tests kill, stall and open databases, and none of it may reach a neighbour.
    pool: 'forks',
    // More than the cores: the long tests are nights in processes of their own, and mostly wait for a visibility to pass
    // (night-cli-nights: 131 s with two cores to itself, 65 s of computing as counted on a busy machine).
    maxWorkers: Math.max(3, availableParallelism() + (isRoomy ? 2 : 1)),
    // Of the tests of one file that run side by side.
    maxConcurrency: isRoomy ? 8 : 5,
    // Generous, because a whole run also has to pass on one busy core; a test that hangs still ends.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    teardownTimeout: 30_000,
    // What is polled for comes from another process or socket; vitest's own second is over on a busy core.
    expect: { poll: { timeout: 15_000 } },
    retry: 0,
    sequence: { sequencer: LongTestsFirst },
    projects: [
      // One process for many files: a process of its own for each cost 13 of the unit tests' 21 seconds of computing.
      { extends: true, test: { name: 'unit', include: ['test/unit/**/*.test.ts'], isolate: false } },
      { extends: true, test: { name: 'simulation', include: ['test/simulation/**/*.test.ts'] } },
      { extends: true, test: { name: 'conformance', include: ['test/conformance/**/*.test.ts'] } },
      // Hours of it with production's times: only `npm run chaos` asks for it.
      ...(process.env.DAYBREAK_CHAOS === '1'
        ? [{ extends: true as const, test: { name: 'chaos', include: ['test/chaos/**/*.test.ts'] } }]
        : []),
      // The page in Chromium, by itself and before a scheduler that runs a night.
      {
        extends: true,
        test: {
          name: 'web',
          include: ['test/web/**/*.test.ts'],
          globalSetup: ['test/run/provide-page.ts'],
          expect: { poll: { timeout: 60_000 } },
        },
      },
      { extends: true, test: { name: 'integration', include: ['test/integration/**/*.test.ts'] } },
    ],
  },
});
