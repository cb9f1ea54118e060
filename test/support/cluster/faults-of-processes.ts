import { type Fault, type Stage, sleep } from './fault.ts';
import type { ClusterNode } from './given-cluster.ts';

const scheduler = ({ cluster }: Stage, no: number): ClusterNode => at(cluster.schedulers, no);
const executor = ({ cluster }: Stage, no: number): ClusterNode => at(cluster.executors, no);

function at(nodes: readonly ClusterNode[], no: number): ClusterNode {
  const node = nodes[no - 1];
  if (node === undefined) throw new Error(`there is no node ${no}`);
  return node;
}

/** What happens to processes: they die, stand still, leave and come. */
export const PROCESS_FAULTS: readonly Fault[] = [
  {
    id: 'F1',
    what: 'a scheduler is killed with -9',
    async act(stage) {
      await scheduler(stage, 1).kill();
      await sleep(stage.nuisanceMs);
      await scheduler(stage, 1).start();
    },
  },
  {
    id: 'F2',
    what: 'a scheduler is killed with -9 again and again, between a cursor and a dispatch as well',
    starts: 4,
    async act(stage) {
      for (let times = 0; times < 4; times += 1) {
        await sleep(150 + times * 170);
        await scheduler(stage, 2).kill();
        await scheduler(stage, 2).start();
      }
    },
  },
  {
    id: 'F3',
    what: 'a scheduler stands still for longer than its lease, and goes on',
    lasts: 'away',
    async act(stage) {
      scheduler(stage, 1).freeze();
      await sleep(stage.awayMs);
      scheduler(stage, 1).thaw();
    },
  },
  {
    id: 'F4',
    what: 'a scheduler hears and says nothing for 20 s, like one whose event loop is blocked',
    lasts: 'away',
    async act(stage) {
      scheduler(stage, 2).freeze();
      await sleep(Math.min(20_000, stage.awayMs));
      scheduler(stage, 2).thaw();
    },
  },
  {
    id: 'F5',
    what: 'an executor is killed with -9 in the middle of its shard',
    lasts: 'away',
    async act(stage) {
      await executor(stage, 1).kill();
      await sleep(stage.awayMs);
      await executor(stage, 1).start();
    },
  },
  {
    id: 'F6',
    what: 'an executor is killed after it has sent, and before the answer has come',
    async act(stage) {
      const { gateway } = executor(stage, 2).links;
      gateway?.holdAnswers(true);
      await sleep(600);
      await executor(stage, 2).kill();
      gateway?.cutAll();
      gateway?.holdAnswers(false);
      await executor(stage, 2).start();
    },
  },
  {
    id: 'F7',
    what: 'an executor stands still past its lease and goes on while another has its slices',
    lasts: 'away',
    async act(stage) {
      executor(stage, 3).freeze();
      await sleep(stage.awayMs);
      executor(stage, 3).thaw();
    },
  },
  {
    id: 'F8',
    what: 'an executor aborts, as V8 does when it is out of memory',
    async act(stage) {
      const node = executor(stage, 1);
      process.kill(node.pid, 'SIGABRT');
      const end = await node.ended();
      if (end.code === 0) throw new Error('an executor that aborted ended with 0');
      await node.start();
    },
  },
  {
    id: 'F9',
    what: 'all schedulers are gone, and come back',
    lasts: 'away',
    async act(stage) {
      await Promise.all(stage.cluster.schedulers.map((node) => node.kill()));
      await sleep(stage.awayMs);
      await Promise.all(stage.cluster.schedulers.map((node) => node.start()));
    },
  },
  {
    id: 'F10',
    what: 'all executors are gone, and come back',
    lasts: 'away',
    async act(stage) {
      await Promise.all(stage.cluster.executors.map((node) => node.kill()));
      await sleep(stage.awayMs);
      const ended = await stage.cluster.count(
        `select count(*) from s_chain_run where state in ('failed', 'cancelled', 'succeeded')`,
      );
      if (ended > 0) throw new Error('with no executor the chain run ended instead of waiting');
      await Promise.all(stage.cluster.executors.map((node) => node.start()));
    },
  },
  {
    id: 'F61',
    what: 'an executor leaves in order in the middle of a broadcast, and joins again',
    async act(stage) {
      const end = await executor(stage, 3).stop();
      if (end.code !== 0) throw new Error(`it did not leave in order: ${end.code ?? end.signal}\n${end.output}`);
      await sleep(stage.nuisanceMs);
      await executor(stage, 3).start();
    },
  },
  {
    id: 'F62',
    what: 'every node is stopped and started, one at a time',
    starts: 5,
    async act({ cluster }) {
      for (const node of [...cluster.executors, ...cluster.schedulers]) {
        const end = await node.stop();
        if (end.code !== 0) throw new Error(`${node.name} ended with ${end.code ?? end.signal}\n${end.output}`);
        await node.start();
      }
    },
  },
];
