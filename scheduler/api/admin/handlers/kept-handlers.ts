import { DaybreakError } from '../../../../shared/errors.ts';
import type { SqlReader } from '../../../../shared/sql/sql.ts';
import { differencesOf } from '../../../admin/definition/diff.ts';
import type { Chain } from '../../../definition/chain-definition.ts';
import type { Job } from '../../../definition/job-definition.ts';
import { ownTags } from '../../../definition/removed-tag.ts';
import { nextFires } from '../../../firing/next-fires.ts';
import type { SchedulerContext } from '../../../scheduler-context.ts';
import { versionMakers } from '../../../storage/sql/admin-audit-queries.ts';
import { type Listed, versionDefinition, versionsOf } from '../../../storage/sql/admin-job-queries.ts';
import type { Diff, NextFire, Version } from '../contract/kept-definition.ts';
import { describeFires } from './next-fires.ts';

/** Which of two kinds of definitions, and how one of them is found; `find` throws NOT_FOUND. */
interface Kept<T, P> {
  readonly kind: 'job' | 'chain';
  find(db: SqlReader, params: P): Promise<Listed<T>>;
}
type Stored = { readonly configHash: string };

/** What jobs and chains answer alike (`keptRoutes`): their versions, what differs between two, and their next fires. */
export function createKeptHandlers<T extends Job | Chain, P>(
  { ctx }: { readonly ctx: SchedulerContext },
  of: Kept<T, P>,
) {
  const { kind } = of;
  type OfVersion = P & { readonly version: number };

  async function versionOf(db: SqlReader, { id, name }: Listed<T>, version: number) {
    const found = await versionDefinition(db, kind, id, version);
    if (found === null) throw new DaybreakError('NOT_FOUND', `${kind} "${name}" has no version ${version}`);
    return { definition: found.definition as T, createdAtMs: found.createdAt };
  }

  /** The one before it that there is: what came back has left a number out. The first is compared with itself. */
  const versionBefore = async (db: SqlReader, id: number, to: number): Promise<number> =>
    (await versionsOf(db, kind, id)).find(({ version }) => version < to)?.version ?? to;

  return {
    versions: async ({ params }: { params: P }): Promise<{ items: Version[] }> =>
      ctx.store.read('list-versions', async (db) => {
        const { id, name, definition } = await of.find(db, params);
        const rows = await versionsOf(db, kind, id);
        const subject = { kind, id: kind === 'job' ? id : name };
        const makers = await versionMakers(
          db,
          subject,
          rows.map(({ createdAt }) => createdAt),
        );
        return {
          items: rows.map(({ version, configHash, createdAt }) => ({
            version,
            // A definition that came back is current under the number that it had first.
            isCurrent: configHash === definition.configHash,
            createdAtMs: createdAt,
            by: makers.get(createdAt) ?? null,
          })),
        };
      }),

    version: async ({ params }: { params: OfVersion }): Promise<{ definition: T; version: Version }> =>
      ctx.store.read('read-version', async (db) => {
        const kept = await of.find(db, params);
        const { version } = params;
        const { definition, createdAtMs } = await versionOf(db, kept, version);
        return {
          definition,
          version: { version, isCurrent: definition.configHash === kept.definition.configHash, createdAtMs, by: null },
        };
      }),

    diff: async ({ params, query }: { params: OfVersion; query: { readonly from?: number } }): Promise<Diff> =>
      ctx.store.read('diff-versions', async (db) => {
        const kept = await of.find(db, params);
        const to = params.version;
        const from = query.from ?? (await versionBefore(db, kept.id, to));
        const [before, after] = [await versionOf(db, kept, from), await versionOf(db, kept, to)];
        const differences = differencesOf(before.definition, after.definition);
        return { from, to, differences: differences.filter(({ path }) => path !== 'configHash') };
      }),

    nextFires: async ({
      params,
      query,
    }: {
      params: P;
      query: { readonly n?: number };
    }): Promise<{ zone: string; items: NextFire[] }> => {
      const { kept, nowMs } = await ctx.store.read('read-definition', async (db) => ({
        kept: await of.find(db, params),
        nowMs: db.nowMs,
      }));
      const target = kind === 'job' ? { job: kept.name } : { chain: kept.name };
      const fires = await nextFires(ctx, target, query.n ?? 10);
      const zone = zoneOf(kept.definition);
      const items = fires.map(({ plannedAtMs, businessDate }) => ({ atMs: plannedAtMs, businessDate }));
      return { zone, items: describeFires(items, zone, nowMs) };
    },

    /** As it was then, to be stored once more. */
    definitionAt: async (params: OfVersion): Promise<Omit<T, 'configHash'>> => {
      const { definition } = await ctx.store.read('read-version', async (db) =>
        versionOf(db, await of.find(db, params), params.version),
      );
      return withoutHash(definition);
    },
  };
}

/** What the lists of both can be filtered by. */
export const filtersOf = (kept: readonly Listed<Job | Chain>[]) => ({
  tags: distinct(kept, ({ definition }) => ownTags(definition)),
  owners: distinct(kept, ({ definition }) => [definition.owner]),
});

const FILTERS_MAX = 2_000;

/** What occurs, in order, and no more than one can choose of. */
export const distinct = <K>(kept: readonly K[], of: (one: K) => readonly string[]): string[] =>
  [...new Set(kept.flatMap(of))]
    .filter((text) => text !== '')
    .sort()
    .slice(0, FILTERS_MAX);

/** What the scheduler reckons by itself is no part of what is given to it. */
export function withoutHash<T extends Stored>(definition: T): Omit<T, 'configHash'> {
  const { configHash: _, ...given } = definition;
  return given;
}

/** The zone in which its days are counted. */
export function zoneOf({ businessDate, schedule }: Pick<Job | Chain, 'businessDate' | 'schedule'>): string {
  return businessDate.zone ?? (schedule.kind === 'cron' ? schedule.zone : 'UTC');
}
