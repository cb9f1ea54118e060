import { DaybreakError } from '../../../../shared/errors.ts';
import type { SqlReader } from '../../../../shared/sql/sql.ts';
import { checkChainInput } from '../../../admin/definition/check-input.ts';
import { readChainInput } from '../../../admin/definition/problems.ts';
import { changeChain, createChain, jobsNamedIn, type SavedChain } from '../../../admin/definition/save-chain.ts';
import { ranksOf } from '../../../admin/night/chain-eta.ts';
import { groupsOfChain } from '../../../admin/rights/find-groups.ts';
import { isAllVisible, mayDo, rightsIn } from '../../../admin/rights/rights.ts';
import { startChain } from '../../../chain/start-chain.ts';
import type { Chain, ChainDefinition } from '../../../definition/chain-definition.ts';
import { ownTags, switchedOff, switchedOn, takenAway } from '../../../definition/removed-tag.ts';
import { cutOffAtMs } from '../../../firing/cut-off.ts';
import { type Listed, listedChain, listedChains } from '../../../storage/sql/admin-job-queries.ts';
import type { chainRoutes } from '../contract/chain-routes.ts';
import type { AdminParts, Call, Handlers } from '../handler.ts';
import { FieldsError } from '../problem.ts';
import { groupsOfChainInput } from '../touched.ts';
import { chainLines, isWanted } from './chain-lines.ts';
import { edgeView } from './edge-view.ts';
import { createKeptHandlers, filtersOf, withoutHash } from './kept-handlers.ts';
import { PAGE_DEFAULT, pageOfRows, readCursor } from './paging.ts';

const done = { done: true } as const;

export function createChainHandlers(parts: AdminParts): Handlers<typeof chainRoutes> {
  const { ctx } = parts;
  const kept = createKeptHandlers<Chain, { chain: string }>(parts, {
    kind: 'chain',
    find: (db, { chain }) => oneChain(db, chain),
  });

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
    'GET /chain-filters': async ({ visible }) =>
      ctx.store.read('list-filters', async (db) => {
        const seen: Listed<Chain>[] = [];
        for (const chain of await listedChains(db)) {
          if (visible.kind === 'all' || isAllVisible(visible, await groupsOfChain(db, chain.id))) seen.push(chain);
        }
        return filtersOf(seen);
      }),
    'POST /chains': async (call) => {
      const { chain } = call.body;
      await checkInput(chain);
      call.note({ kind: 'chain', id: chain.name });
      return createChain(call.ctx, chain);
    },
    'POST /chains/check': async ({ body: { chain, isNew = false }, principal }) =>
      ctx.store.read('check-chain', async (db) => {
        // Whether a name is taken is told to those who could find out by storing it.
        const mayStore = mayDo(principal, 'edit', await groupsOfChainInput(db, chain));
        return { problems: [...(await checkChainInput(db, chain, { isNew: isNew && mayStore }))] };
      }),
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
              param: known?.param ?? '',
              paramFields: known?.paramFields ?? null,
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
      const given = withoutHash(definition);
      call.note({ kind: 'chain', id: call.body.name });
      return createChain(call.ctx, { ...given, tags: ownTags(given), name: call.body.name, enabled: false });
    },
    'POST /chains/:chain/enable': async (call) => {
      await change(call, call.params.chain, switchedOn);
      return done;
    },
    'POST /chains/:chain/disable': async (call) => {
      await change(call, call.params.chain, switchedOff);
      return done;
    },
    'DELETE /chains/:chain': async (call) => {
      await change(call, call.params.chain, takenAway);
      return done;
    },
    'GET /chains/:chain/versions': kept.versions,
    'GET /chains/:chain/versions/:version': async (call) => {
      const { definition, version } = await kept.version(call);
      return { chain: definition, version };
    },
    'GET /chains/:chain/versions/:version/diff': kept.diff,
    'POST /chains/:chain/versions/:version/restore': async (call) => {
      const definition = await kept.definitionAt(call.params);
      await checkInput(definition);
      return change(call, call.params.chain, () => definition);
    },
    'GET /chains/:chain/next-fires': kept.nextFires,
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
