import { expect, test } from 'vitest';
import { readChainInput, readJobInput } from '../../../../scheduler/admin/definition/problems.ts';

test('a node or an edge that is there twice is told at the nodes or edges, in a whole sentence', () => {
  const edge = { from: 'a', to: 'b' };
  const problemsOf = (chain: object) => {
    const jobs = new Map(['a', 'b'].map((name) => [name, { name, schedule: { kind: 'none' } }]));
    const read = readChainInput({ name: 'night', ...chain } as never, jobs as never);
    return read.kind === 'wrong' ? read.problems : [];
  };
  expect(problemsOf({ nodes: ['a', 'b', 'a'], edges: [edge] })).toEqual([
    { path: 'nodes', message: 'node of chain "night" "a" is there twice' },
  ]);
  expect(problemsOf({ nodes: ['a', 'b'], edges: [edge, edge] })).toEqual([
    { path: 'edges', message: 'edge of chain "night" "a>b" is there twice' },
  ]);
});

const jobProblems = (given: object): string[] => {
  const read = readJobInput({ id: 1, name: 'a', group: 'g', handler: 'h', route: 'FIRST', ...given } as never);
  return read.kind === 'wrong' ? read.problems.map(({ path, message }) => `${path} ${message}`) : [];
};

test('all that is wrong with a job is told at once, each thing at its own field', () => {
  expect(
    jobProblems({
      foo: 1,
      bar: 2,
      title: 5,
      retry: { count: -1, factor: 0, cuont: 4 },
      schedule: { kind: 'cron', dialect: 'quartz', text: 'x', zone: 'Mars' },
      misfire: { policy: 'NEVER', windowMs: -1 },
      route: 'BY_MOOD',
      priority: 99,
      enabled: 'yes',
    }).sort(),
  ).toEqual([
    expect.stringMatching(/^ the definition must not have "bar"/),
    expect.stringMatching(/^ the definition must not have "foo"/),
    expect.stringMatching(/^enabled is "yes"/),
    expect.stringMatching(/^misfire.policy must be one of/),
    expect.stringMatching(/^misfire.windowMs must be/),
    expect.stringMatching(/^priority must be 1 to 9/),
    expect.stringMatching(/^retry must not have "cuont"/),
    expect.stringMatching(/^retry.count must be/),
    expect.stringMatching(/^retry.factor must be/),
    expect.stringMatching(/^route must be one of/),
    expect.stringMatching(/^schedule.text is no quartz cron/),
    expect.stringMatching(/^schedule.zone /),
    expect.stringMatching(/^title is 5/),
  ]);
});

test('what is wrong only because something else was taken out is not told', () => {
  expect(jobProblems({ route: 'BY_MOOD', shardTotal: 4 })).toEqual([expect.stringMatching(/^route /)]);
  expect(jobProblems({ glueType: 'GLUE_COBOL', handler: '' })).toEqual([expect.stringMatching(/^glueType /)]);
  expect(jobProblems({ retry: { firstMs: 9_000, maxMs: 'long' } })).toEqual([expect.stringMatching(/^retry.maxMs /)]);
  expect(jobProblems({ window: { from: 'late', to: '06:00', timeZone: 'UTC' }, sliced: true })).toEqual([
    expect.stringMatching(/^window.from /),
  ]);
});

test('edges that are wrong are told each at its place', () => {
  const jobs = new Map(['a', 'b', 'c'].map((name) => [name, { name, schedule: { kind: 'none' } }]));
  const edges = [
    { from: 'a', to: 'b', wen: 'x' },
    { from: 'b', to: 'c', when: 'sometimes' },
  ];
  const read = readChainInput({ name: 'night', nodes: ['a', 'b', 'c'], edges } as never, jobs as never);
  expect(read.kind === 'wrong' ? read.problems.map(({ path }) => path) : []).toEqual(['edges[0]', 'edges[1].when']);
});
