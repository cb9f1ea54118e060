import { describe, expect, test } from 'vitest';
import type { ChainDefinition } from '../../scheduler/definition/chain-definition.ts';
import type { FakeExecutor } from '../support/fake-executor.ts';
import { type GivenScheduler, givenScheduler, job } from '../support/given-scheduler.ts';

const DATE = '2026-11-20';
const start = (chain: string, requestId: string, more: object = {}) => ({
  chain,
  businessDate: DATE,
  cutOffAtMs: null,
  requestId,
  ...more,
});
const names = (text: string) => text.split(' ');
const jobsOf = (text: string) => names(text).map((name, at) => job(at + 1, name, { route: 'ROUND' }));

/** An executor whose jobs fail when they are named, and tell in which order they came. */
async function working(given: GivenScheduler, failing: ReadonlySet<string> = new Set()) {
  const came: string[] = [];
  const executor: FakeExecutor = await given.executor();
  executor.onRun = async (request) => {
    came.push(request.executorHandler);
    const fails = failing.has(request.executorHandler);
    await executor.report(
      request,
      fails ? { code: 500, msg: 'it broke' } : { result: { from: request.executorHandler } },
    );
  };
  return { executor, came };
}

const DIAMOND: ChainDefinition = {
  name: 'diamond',
  nodes: names('top left right bottom'),
  edges: [
    { from: 'top', to: 'left' },
    { from: 'top', to: 'right' },
    { from: 'left', to: 'bottom' },
    { from: 'right', to: 'bottom' },
  ],
};

test('a node with two parents has one run, after both, and its links say so', async () => {
  const given = await givenScheduler({ jobs: jobsOf('top left right bottom'), chains: [DIAMOND] });
  const { came } = await working(given);
  const { chainRunId } = await given.scheduler.startChain(start('diamond', '1'));
  expect((await given.scheduler.waitForChainRun(chainRunId)).state).toBe('succeeded');
  expect([came[0], [...came.slice(1, 3)].sort(), came.slice(3)]).toEqual(['top', ['left', 'right'], ['bottom']]);
  const links = await given.store.read('links', (db) =>
    db.all<{ edge: string }>('select edge from s_child_link order by edge'),
  );
  expect(links.map(({ edge }) => edge)).toEqual(['left>bottom', 'right>bottom', 'top>left', 'top>right']);
});

test('a node that any parent starts has one run all the same, and both links', async () => {
  const chain = { ...DIAMOND, joinAny: ['bottom'] };
  const given = await givenScheduler({ jobs: jobsOf('top left right bottom'), chains: [chain] });
  const { came } = await working(given);
  const { chainRunId } = await given.scheduler.startChain(start('diamond', '1'));
  await given.scheduler.waitForChainRun(chainRunId);
  expect(came.filter((name) => name === 'bottom')).toHaveLength(1);
  const links = await given.store.read('links', (db) =>
    db.all<{ edge: string }>(`select edge from s_child_link where edge like '%>bottom' order by edge`),
  );
  expect(links.map(({ edge }) => edge)).toEqual(['left>bottom', 'right>bottom']);
});

describe('a failure', () => {
  const chain: ChainDefinition = {
    name: 'repair',
    nodes: names('load publish repair tidy'),
    edges: [
      { from: 'load', to: 'publish' },
      { from: 'load', to: 'repair', when: 'failure' },
      { from: 'publish', to: 'tidy', when: 'always' },
    ],
  };

  test('takes its branch, passes over the other, and the clean-up runs', async () => {
    const given = await givenScheduler({ jobs: jobsOf('load publish repair tidy'), chains: [chain] });
    const { came } = await working(given, new Set(['load']));
    const { chainRunId } = await given.scheduler.startChain(start('repair', '1'));
    const view = await given.scheduler.waitForChainRun(chainRunId);
    expect([...came].sort()).toEqual(['load', 'repair', 'tidy']);
    expect(view).toMatchObject({ state: 'succeeded', reason: 'another branch stood in for load' });
    expect(view.nodes.find((node) => node.job === 'publish')).toMatchObject({ kind: 'passed_over' });
  });

  test('that does not happen leaves its branch alone', async () => {
    const given = await givenScheduler({ jobs: jobsOf('load publish repair tidy'), chains: [chain] });
    const { came } = await working(given);
    const { chainRunId } = await given.scheduler.startChain(start('repair', '1'));
    expect(await given.scheduler.waitForChainRun(chainRunId)).toMatchObject({ state: 'succeeded', reason: null });
    expect(came).toEqual(['load', 'publish', 'tidy']);
  });
});

describe('starting again', () => {
  const line: ChainDefinition = {
    name: 'line',
    nodes: names('a b c'),
    edges: [
      { from: 'a', to: 'b' },
      { from: 'b', to: 'c' },
    ],
  };

  async function failedAtB() {
    const given = await givenScheduler({ jobs: jobsOf('a b c'), chains: [line] });
    const failing = new Set(['b']);
    const { came } = await working(given, failing);
    const { chainRunId } = await given.scheduler.startChain(start('line', '1'));
    expect(await given.scheduler.waitForChainRun(chainRunId)).toMatchObject({
      state: 'failed',
      reason: 'b failed: shard 0 failed: it broke',
    });
    failing.clear();
    came.length = 0;
    return { given, came, chainRunId };
  }

  test('with rerunOf begins at what was not done', async () => {
    const { given, came, chainRunId } = await failedAtB();
    const again = await given.scheduler.startChain(start('line', '2', { rerunOf: chainRunId }));
    const view = await given.scheduler.waitForChainRun(again.chainRunId);
    expect([came, view.state]).toEqual([['b', 'c'], 'succeeded']);
    expect(view.nodes[0]).toMatchObject({ job: 'a', kind: 'stands', mark: 'inherited' });
  });

  test('from a node behind what is not done is refused, and what is missing is named', async () => {
    const { given } = await failedAtB();
    await expect(given.scheduler.startChain(start('line', '2', { fromNode: 'c' }))).rejects.toThrow(
      /b is not done: start there, or mark it first/,
    );
    await expect(given.scheduler.startChain(start('line', '3', { fromNode: 'x' }))).rejects.toThrow(/no node "x"/);
  });

  test('behind a node that two people marked goes on there', async () => {
    const { given, came, chainRunId } = await failedAtB();
    const mark = { chainRunId, node: 'b', mark: 'succeeded', reason: 'loaded by hand', by: 'ada' } as const;
    await given.scheduler.markNode(mark);
    await expect(given.scheduler.approveNodeMark({ chainRunId, node: 'b', by: 'ada' })).rejects.toThrow(
      /second person/,
    );
    await expect(given.scheduler.startChain(start('line', '2', { fromNode: 'c' }))).rejects.toThrow(/b is not done/);
    await given.scheduler.approveNodeMark({ chainRunId, node: 'b', by: 'bob' });
    const again = await given.scheduler.startChain(start('line', '3', { fromNode: 'c' }));
    expect((await given.scheduler.waitForChainRun(again.chainRunId)).state).toBe('succeeded');
    expect(came).toEqual(['c']);
  });

  test('of a chain run that has not ended is refused', async () => {
    const given = await givenScheduler({ jobs: jobsOf('a b c'), chains: [line] });
    await given.scheduler.startChain(start('line', '1'));
    await expect(given.scheduler.startChain(start('line', '2', { fromNode: 'b' }))).rejects.toThrow(/let it end/);
  });
});

describe('a mark', () => {
  const line: ChainDefinition = { name: 'pay', nodes: names('debit report'), edges: [{ from: 'debit', to: 'report' }] };
  const money = [job(1, 'debit', { tellsSettled: true }), job(2, 'report', { route: 'ROUND' })];

  test('on a money job whose items are open is refused', async () => {
    const given = await givenScheduler({ jobs: money, chains: [line] });
    const executor = await given.executor();
    const { chainRunId } = await given.scheduler.startChain(start('pay', '1'));
    const request = await executor.nextRun();
    const frozen = { group: 'P', currency: 'CNY', count: 1, amountMinor: '100' };
    await executor.manifest({ runId: request.runId ?? 0, sliceCount: 1, totals: [frozen] });
    await executor.report(request, { code: 500, msg: 'it broke' });
    await given.scheduler.waitForChainRun(chainRunId);
    await expect(
      given.scheduler.markNode({ chainRunId, node: 'debit', mark: 'succeeded', reason: 'paid', by: 'ada' }),
    ).rejects.toThrow(/outcome is not known/);
  });

  test('skips a node that has not run, and its child goes on', async () => {
    const given = await givenScheduler({
      jobs: jobsOf('a b c'),
      chains: [
        {
          name: 'line',
          nodes: names('a b c'),
          edges: [
            { from: 'a', to: 'b' },
            { from: 'b', to: 'c' },
          ],
        },
      ],
    });
    const executor = await given.executor();
    const { chainRunId } = await given.scheduler.startChain(start('line', '1'));
    const first = await executor.nextRun();
    await given.scheduler.markNode({ chainRunId, node: 'b', mark: 'skipped', reason: 'holiday', by: 'ada' });
    await given.scheduler.approveNodeMark({ chainRunId, node: 'b', by: 'bob' });
    await executor.report(first);
    const next = await executor.nextRun();
    expect(next.executorHandler).toBe('c');
    await executor.report(next);
    expect((await given.scheduler.waitForChainRun(chainRunId)).state).toBe('succeeded');
    const said = await given.store.read('actions', (db) =>
      db.all<{ who: string; verb: string }>('select who, verb from s_operator_action order by id'),
    );
    expect(said).toEqual([
      { who: 'ada', verb: 'ask to mark skipped' },
      { who: 'bob', verb: 'mark skipped' },
    ]);
  });
});

test('an edge past its deadline raises one alarm, however often it is looked at', async () => {
  const chain: ChainDefinition = {
    name: 'late',
    nodes: names('a b'),
    edges: [{ from: 'a', to: 'b', deadlineMs: 1 }],
  };
  const given = await givenScheduler({ jobs: jobsOf('a b'), chains: [chain] });
  const executor = await given.executor();
  const { chainRunId } = await given.scheduler.startChain(start('late', '1'));
  const request = await executor.nextRun();
  const alarms = () =>
    given.store.read('alarms', (db) =>
      db.all<{ times: number; closed: number | null }>(
        `select times, closed_at as closed from s_alarm where kind = 'EDGE_LATE'`,
      ),
    );
  await expect.poll(async () => (await alarms()).length, { timeout: 15_000 }).toBe(1);
  expect(await alarms()).toMatchObject([{ closed: null }]);
  executor.onRun = async (next) => void (await executor.report(next));
  await executor.report(request);
  expect((await given.scheduler.waitForChainRun(chainRunId)).state).toBe('succeeded');
  expect(await alarms()).toEqual([{ times: 1, closed: expect.any(Number) }]);
});

test('a node under a hold is not lost: it starts when the hold is taken away', async () => {
  const chain: ChainDefinition = { name: 'line', nodes: names('a b'), edges: [{ from: 'a', to: 'b' }] };
  const given = await givenScheduler({ jobs: jobsOf('a b'), chains: [chain] });
  const executor = await given.executor();
  const { chainRunId } = await given.scheduler.startChain(start('line', '1'));
  const first = await executor.nextRun();
  const over = { scope: 'job', name: 'b' } as const;
  await given.scheduler.hold({ ...over, onResume: 'none', reason: 'a look at the books', by: 'ada' });
  await executor.report(first);
  const view = await given.scheduler.chainRun(chainRunId);
  expect(view.nodes[1]).toMatchObject({ kind: 'due', hold: 'job "b" is held by ada: a look at the books' });
  expect(view).toMatchObject({ state: 'running', runs: [{ job: 'a' }] });
  await given.scheduler.resume({ ...over, by: 'ada' });
  await executor.report(await executor.nextRun());
  expect((await given.scheduler.waitForChainRun(chainRunId)).state).toBe('succeeded');
});

test("a parent's result is in the child's parameter, also from the chain run before", async () => {
  const chain: ChainDefinition = { name: 'line', nodes: names('a b'), edges: [{ from: 'a', to: 'b' }] };
  const jobs = [
    job(1, 'a', { route: 'ROUND' }),
    job(2, 'b', { route: 'ROUND', param: '{"rows": {result.a.rows}, "of": "{businessDate}"}' }),
  ];
  const given = await givenScheduler({ jobs, chains: [chain] });
  const executor = await given.executor();
  const first = await given.scheduler.startChain(start('line', '1'));
  await executor.report(await executor.nextRun(), { result: { rows: 7 } });
  const failing = await executor.nextRun();
  expect(failing.executorParams).toBe(`{"rows": 7, "of": "${DATE}"}`);
  await executor.report(failing, { code: 500, msg: 'it broke' });
  await given.scheduler.waitForChainRun(first.chainRunId);
  await given.scheduler.startChain(start('line', '2', { rerunOf: first.chainRunId }));
  expect((await executor.nextRun()).executorParams).toBe(`{"rows": 7, "of": "${DATE}"}`);
});

test('a chain under a hold is not started by hand, and the refusal names the hold', async () => {
  const chain: ChainDefinition = { name: 'line', nodes: names('a'), edges: [] };
  const given = await givenScheduler({ jobs: jobsOf('a'), chains: [chain] });
  await given.scheduler.hold({ scope: 'chain', name: 'line', onResume: 'none', reason: 'audit', by: 'ada' });
  await expect(given.scheduler.startChain(start('line', '1'))).rejects.toThrow(/chain "line" is held by ada: audit/);
  const despite = await given.scheduler.startChain(start('line', '1', { despiteHold: true }));
  expect((await given.scheduler.chainRun(despite.chainRunId)).nodes[0]).toMatchObject({ kind: 'due' });
});

test('a parameter that speaks of something unknown is refused before anything starts', async () => {
  const chain: ChainDefinition = { name: 'line', nodes: names('a'), edges: [] };
  const given = await givenScheduler({ jobs: jobsOf('a'), chains: [chain] });
  await expect(given.scheduler.startChain(start('line', '1', { params: { a: '{busnessDate}' } }))).rejects.toThrow(
    /params\["a"\] has \{busnessDate\}/,
  );
});
