import type { TcpProxy } from '../tcp-proxy.ts';
import { type Fault, type Stage, sleep } from './fault.ts';

const links = ({ cluster }: Stage, kind: 'schedulers' | 'executors', no: number) => {
  const node = cluster[kind][no - 1];
  if (node === undefined) throw new Error(`there is no node ${no} of the ${kind}`);
  return node.links;
};
const gatewayOf = (stage: Stage, no: number): TcpProxy => {
  const { gateway } = links(stage, 'executors', no);
  if (gateway === null) throw new Error('an executor without a gateway');
  return gateway;
};

/** Nobody gets through, old connections say nothing and new ones are refused; then everything is as it was. */
async function partition(proxies: readonly TcpProxy[], ms: number): Promise<void> {
  for (const proxy of proxies) {
    proxy.refuse(true);
    proxy.muteAll();
  }
  await sleep(ms);
  for (const proxy of proxies) {
    proxy.refuse(false);
    proxy.cutAll();
  }
}

/** What happens between processes. */
export const LINK_FAULTS: readonly Fault[] = [
  {
    id: 'F15',
    what: 'the database is slow for everybody',
    lasts: 'away',
    async act(stage) {
      const stores = [...stage.cluster.schedulers, ...stage.cluster.executors].map((node) => node.links.store);
      for (const store of stores) store.delay('down', stage.awayMs > 20_000 ? 2_000 : 250);
      await sleep(stage.awayMs);
      for (const store of stores) store.delay('down', 0);
    },
  },
  {
    id: 'F16',
    what: 'answers of the database are lost behind a COMMIT',
    async act(stage) {
      for (let times = 0; times < 4; times += 1) {
        for (const node of [...stage.cluster.executors, ...stage.cluster.schedulers]) {
          node.links.store.cutAnswerTo('commit');
        }
        await sleep(400);
      }
    },
  },
  {
    id: 'F17',
    what: 'answers of the database are lost behind an INSERT or an UPDATE',
    async act(stage) {
      for (const text of ['insert into', 'update ', 'insert into', 'update ']) {
        for (const node of [...stage.cluster.executors, ...stage.cluster.schedulers]) {
          node.links.store.cutAnswerTo(text);
        }
        await sleep(400);
      }
    },
  },
  {
    id: 'F30',
    what: 'a scheduler is cut off from the database',
    lasts: 'away',
    act: (stage) => partition([links(stage, 'schedulers', 1).store], stage.awayMs),
  },
  {
    id: 'F31',
    what: 'an executor is cut off from the database and can reach the gateway',
    lasts: 'away',
    act: (stage) => partition([links(stage, 'executors', 1).store], stage.awayMs),
  },
  {
    id: 'F32',
    what: 'an executor is cut off from the gateway',
    act: (stage) => partition([gatewayOf(stage, 2)], stage.nuisanceMs),
  },
  {
    id: 'F33',
    what: 'what an executor sends to the gateway arrives, and no answer comes back',
    async act(stage) {
      gatewayOf(stage, 1).drop('down', true);
      await sleep(stage.nuisanceMs);
      gatewayOf(stage, 1).drop('down', false);
      gatewayOf(stage, 1).cutAll();
    },
  },
  {
    id: 'F34',
    what: 'an executor and all schedulers are cut off from each other, and all see the database',
    lasts: 'away',
    act(stage) {
      const { inbound, schedulers } = links(stage, 'executors', 3);
      return partition([inbound, ...schedulers], stage.awayMs);
    },
  },
  {
    id: 'F35',
    what: 'run requests and callbacks come late, twice and out of order',
    async act(stage) {
      for (const { links } of stage.cluster.executors) {
        links.inbound.delay('down', 700);
        for (const link of links.schedulers) link.delay('up', 300);
        links.inbound.cutAnswerTo('post /run');
        links.schedulers[0]?.cutAnswerTo('callback');
      }
      await sleep(stage.nuisanceMs);
      for (const { links } of stage.cluster.executors) {
        links.inbound.delay('down', 0);
        for (const link of links.schedulers) link.delay('up', 0);
      }
    },
  },
  {
    id: 'F36',
    what: 'connections to the gateway become half-open, and are reset in the middle of an answer',
    async act(stage) {
      gatewayOf(stage, 1).muteAll();
      gatewayOf(stage, 2).throttle(2_000);
      for (let times = 0; times < 5; times += 1) {
        await sleep(stage.nuisanceMs / 5);
        gatewayOf(stage, 2).resetAll();
      }
      gatewayOf(stage, 2).throttle(null);
      gatewayOf(stage, 1).cutAll();
    },
  },
  {
    id: 'F37',
    what: 'the links of an executor come and go every second',
    lasts: 'away',
    async act(stage) {
      const { store, inbound, gateway, schedulers } = links(stage, 'executors', 2);
      const all = [store, inbound, ...(gateway === null ? [] : [gateway]), ...schedulers];
      const times = Math.ceil((stage.awayMs > 20_000 ? 300_000 : stage.awayMs) / 2_000);
      for (let n = 0; n < times; n += 1) {
        await partition(all, 1_000);
        await sleep(1_000);
      }
    },
  },
];
