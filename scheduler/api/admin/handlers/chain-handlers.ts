import { DaybreakError } from '../../../../shared/errors.ts';
import type { SqlReader } from '../../../../shared/sql/sql.ts';
import { differencesOf } from '../../../admin/definition/diff.ts';
import { readChainInput } from '../../../admin/definition/problems.ts';
import { changeChain, createChain, jobsNamedIn, type SavedChain } from '../../../admin/definition/save-chain.ts';
import { ranksOf } from '../../../admin/night/chain-eta.ts';
import { groupsOfChain } from '../../../admin/rights/find-groups.ts';
import { isAllVisible, rightsIn } from '../../../admin/rights/rights.ts';
import { startChain } from '../../../chain/start-chain.ts';
import type { Chain, ChainDefinition } from '../../../definition/chain-definition.ts';
import { REMOVED_TAG } from '../../../definition/removed-tag.ts';
import { cutOffAtMs } from '../../../firing/cut-off.ts';
import { nextFires } from '../../../firing/next-fires.ts';
import { type Listed, listedChain, listedChains, versionDefinition } from '../../../storage/sql/admin-job-queries.ts';
import type { chainRoutes } from '../contract/chain-routes.ts';
import type { AdminParts, Call, Handlers } from '../handler.ts';
import { FieldsError } from '../problem.ts';
import { groupsOfChainInput } from '../touched.ts';
import { chainLines, isWanted } from './chain-lines.ts';
import { edgeView } from './edge-view.ts';
import { versionViews } from './job-handlers.ts';
import { describeFires } from './next-fires.ts';
import { PAGE_DEFAULT, pageOfRows, readCursor } from './paging.ts';

const done = { done: true } as const;

export function createChainHandlers(parts: AdminParts): Handlers<typeof chainRoutes> {
  const { ctx } = parts;

  async function checkInput(given: ChainDefinition): Promise<void> {
    const read = await ctx.store.read('check-chain', async (db) => readChainInput(given, await jobsNamedIn(db, given)));
    if (read.kind === 'wrong') throw new FieldsError(read.problems, 'CONFIG_INVALID');
  }

  /** The groups of the nodes after the change are judged in its transaction, from the very rows that it stores. */
  const change = (
    call: Pick<Call<'PUT /chains/:chain'>, 'ctx' | 'mustHave'>,
    chain: string,
    decide: (chain: Chain) => ChainDefinition,
    seenVersion?: number,
  ): Promise<SavedChain> =>
    changeChain(call.ctx, {
      chain,
      decide: async (known, tx) => {
        const next = decide(known);
        call.mustHave('edit', await groupsOfChainInput(tx, next));
        return next;
      },
      ...(seenVersion === undefined ? {} : { seenVersion }),
    });

  return {
    'GET /chains': async ({ query, visible }) =>
      ctx.store.read('list-chains', async (db) => {
        const { limit = PAGE_DEFAULT } = query;
        const after = readCursor(query.after)?.[0];
        const found: (Listed<Chain> & { groups: readonly string[] })[] = [];
        for (const chain of await listedChains(db)) {
          if (found.length > limit) break;
          if ((after !== undefined && chain.name <= String(after)) || !isWanted(chain.definition, query)) continue;
          const groups = await groupsOfChain(db, chain.id);
          if (isAllVisible(visible, groups)) found.push({ ...chain, groups });
        }
        const page = pageOfRows(found, limit, ({ name }) => [name]);
        return { items: await chainLines(db, page.items), next: page.next };
      }),
    'POST /chains': async (call) => {
      const { chain } = call.body;
      await checkInput(chain);
      call.note({ kind: 'chain', id: chain.name });
      return createChain(call.ctx, chain);
    },
    'POST /chains/check': async ({ body }) => {
      const read = await ctx.store.read('check-chain', async (db) =>
        readChainInput(body.chain, await jobsNamedIn(db, body.chain)),
      );
      return { problems: read.kind === 'wrong' ? [...read.problems] : [] };
    },
    'GET /chains/:chain': async ({ params, principal }) =>
      ctx.store.read('view-chain', async (db) => {
        const listed = await oneChain(db, params.chain);
        const groups = await groupsOfChain(db, listed.id);
        const [line] = await chainLines(db, [{ ...listed, groups }]);
        const { definition: chain, version, updatedAt } = listed;
        const jobs = await jobsNamedIn(db, chain);
        const ranks = ranksOf(chain.nodes, chain.edges);
        return {
          chain,
          version,
          updatedAtMs: updatedAt,
          heldBecause: line?.heldBecause ?? null,
          nextFireAtMs: line?.nextFireAtMs ?? null,
          nodes: chain.nodes.map((job) => {
            const known = jobs.get(job);
            return {
              job,
              jobId: known?.id ?? null,
              group: known?.group ?? '',
              rank: ranks.get(job) ?? 0,
              title: known?.title ?? '',
              enabled: known?.enabled ?? false,
            };
          }),
          edges: chain.edges.map((edge) => edgeView(edge, null)),
          lastRun: line?.lastRun ?? null,
          may: rightsIn(principal, groups),
        };
      }),
    'PUT /chains/:chain': async (call) => {
      await checkInput(call.body.chain);
      return change(call, call.params.chain, () => call.body.chain, call.body.version);
    },
    'POST /chains/:chain/copy': async (call) => {
      const { definition } = await ctx.store.read('read-chain', (db) => oneChain(db, call.params.chain));
      const { configHash: _, ...copy } = definition;
      call.note({ kind: 'chain', id: call.body.name });
      const tags = copy.tags.filter((tag) => tag !== REMOVED_TAG);
      return createChain(call.ctx, { ...copy, tags, name: call.body.name, enabled: false });
    },
    'POST /chains/:chain/enable': async (call) => {
      await change(call, call.params.chain, (chain) => ({
        ...chain,
        enabled: true,
        tags: chain.tags.filter((tag) => tag !== REMOVED_TAG),
      }));
      return done;
    },
    'POST /chains/:chain/disable': async (call) => {
      await change(call, call.params.chain, (chain) => ({ ...chain, enabled: false }));
      return done;
    },
    'DELETE /chains/:chain': async (call) => {
      await change(call, call.params.chain, (chain) => ({
        ...chain,
        enabled: false,
        tags: [...new Set([...chain.tags, REMOVED_TAG])],
      }));
      return done;
    },
    'GET /chains/:chain/versions': async ({ params }) =>
      ctx.store.read('list-versions', async (db) => {
        const { id, version } = await oneChain(db, params.chain);
        return { items: await versionViews(db, { kind: 'chain', id, chain: params.chain }, version) };
      }),
    'GET /chains/:chain/versions/:version': async ({ params }) =>
      ctx.store.read('read-version', async (db) => {
        const { id, version: current } = await oneChain(db, params.chain);
        const { definition, createdAt } = await versionOf(db, id, params.version);
        const version = {
          version: params.version,
          isCurrent: params.version === current,
          createdAtMs: createdAt,
          by: null,
        };
        return { chain: definition, version };
      }),
    'GET /chains/:chain/versions/:version/diff': async ({ params, query }) =>
      ctx.store.read('diff-versions', async (db) => {
        const { id } = await oneChain(db, params.chain);
        const from = query.from ?? Math.max(1, params.version - 1);
        const [before, after] = [await versionOf(db, id, from), await versionOf(db, id, params.version)];
        const differences = differencesOf(before.definition, after.definition).filter(
          ({ path }) => path !== 'configHash',
        );
        return { from, to: params.version, differences };
      }),
    'POST /chains/:chain/versions/:version/restore': async (call) => {
      const { chain, version } = call.params;
      const definition = await ctx.store.read('read-version', async (db) => {
        const { id } = await oneChain(db, chain);
        return (await versionOf(db, id, version)).definition;
      });
      const { configHash: _, ...plain } = definition;
      await checkInput(plain);
      return change(call, chain, () => plain);
    },
    'GET /chains/:chain/next-fires': async ({ params, query }) => {
      const { definition } = await ctx.store.read('read-chain', (db) => oneChain(db, params.chain));
      const fires = await nextFires(ctx, { chain: params.chain }, query.n ?? 10);
      const { businessDate, schedule } = definition;
      const zone = businessDate.zone ?? (schedule.kind === 'cron' ? schedule.zone : 'UTC');
      const nowMs = await ctx.store.read('read-clock', async (db) => db.nowMs);
      const items = fires.map((fire) => ({ atMs: fire.plannedAtMs, businessDate: fire.businessDate }));
      return { zone, items: describeFires(items, zone, nowMs) };
    },
    'POST /chains/:chain/start': async (call) => {
      const { requestId, businessDate, params, fromNode, rerunOf, despiteHold = false } = call.body;
      const { definition, nowMs } = await ctx.store.read('read-chain', async (db) => ({
        definition: (await oneChain(db, call.params.chain)).definition,
        nowMs: db.nowMs,
      }));
      const byRule = cutOffAtMs(definition.cutOff, nowMs);
      return startChain(call.ctx, {
        chain: call.params.chain,
        businessDate,
        requestId,
        cutOffAtMs: call.body.cutOffAtMs === undefined ? byRule : call.body.cutOffAtMs,
        despiteHold,
        ...(params === undefined ? {} : { params }),
        ...(fromNode === undefined ? {} : { fromNode }),
        ...(rerunOf === undefined ? {} : { rerunOf }),
      });
    },
  };
}

async function oneChain(db: SqlReader, name: string): Promise<Listed<Chain>> {
  const chain = await listedChain(db, name);
  if (chain === null) throw new DaybreakError('NOT_FOUND', `there is no chain "${name}"`);
  return chain;
}

async function versionOf(
  db: SqlReader,
  id: number,
  version: number,
): Promise<{ definition: Chain; createdAt: number }> {
  const found = await versionDefinition(db, 'chain', id, version);
  if (found === null) throw new DaybreakError('NOT_FOUND', `the chain has no version ${version}`);
  return { definition: found.definition as Chain, createdAt: found.createdAt };
}
