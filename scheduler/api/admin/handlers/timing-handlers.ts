import { addDays, isTimeZone } from '../../../../shared/business-date.ts';
import { describeCron, transitionsBetween, tryParseCron } from '../../../../shared/cron/cron.ts';
import { DaybreakError } from '../../../../shared/errors.ts';
import type { SqlReader } from '../../../../shared/sql/sql.ts';
import { groupsOf } from '../../../admin/rights/find-groups.ts';
import { mayDo, type Principal } from '../../../admin/rights/rights.ts';
import { type CalendarDefinition, readCalendar } from '../../../calendar/calendar.ts';
import { storeCalendar } from '../../../calendar/store-calendar.ts';
import {
  type BackfillVerb,
  type BackfillView,
  backfill,
  changeBackfill,
  viewBackfill,
  viewBackfills,
} from '../../../firing/backfills.ts';
import { decideHeldFire } from '../../../firing/decide-held-fire.ts';
import { FIRE_STATES } from '../../../firing/fire-transitions.ts';
import { hold, listHolds } from '../../../firing/holds.ts';
import { resume } from '../../../firing/resume-hold.ts';
import { type FireView, viewHeldFires } from '../../../firing/view-fires.ts';
import { allCalendars, calendarByName, definitionsNaming } from '../../../storage/sql/calendar-queries.ts';
import { chainIdByName } from '../../../storage/sql/definition-queries.ts';
import { type SeenFireRow, seenFires } from '../../../storage/sql/seen-fire-queries.ts';
import type { Backfill, CalendarView, Fire, timingRoutes } from '../contract/timing-routes.ts';
import type { AdminParts, Call, Handlers } from '../handler.ts';
import { FieldsError } from '../problem.ts';
import { firesOfText } from './next-fires.ts';
import { cursorOf, PAGE_DEFAULT, readCursor } from './paging.ts';

const done = { done: true } as const;
const YEAR_MS = 366 * 86_400_000;
const DAYS_MAX = 800;

export function createTimingHandlers({ ctx }: AdminParts): Handlers<typeof timingRoutes> {
  const verbOf =
    (verb: BackfillVerb) =>
    async (
      call: Pick<Call<'POST /backfills/:backfillId/pause'>, 'ctx' | 'params' | 'body' | 'by'>,
    ): Promise<{ done: true }> => {
      await changeBackfill(call.ctx, verb, {
        backfillId: call.params.backfillId,
        by: call.by,
        reason: call.body.reason,
      });
      return done;
    };

  return {
    'GET /cron/preview': async ({ query }) => {
      const { text, dialect, zone, n = 10 } = query;
      const nothing = { text: null, items: [], clockChanges: [] };
      if (!isTimeZone(zone)) {
        return { problem: { path: 'zone', message: `"${zone}" is no IANA zone such as Asia/Shanghai` }, ...nothing };
      }
      const reading = tryParseCron(text, { dialect });
      if (reading.kind === 'refused') {
        const { message, column } = reading.problem;
        return { problem: { path: 'text', message, column }, ...nothing };
      }
      const fromMs = query.fromMs ?? (await ctx.store.read('read-clock', async (db) => db.nowMs));
      return {
        problem: null,
        text: { en: describeCron(reading.expression, 'en'), zh: describeCron(reading.expression, 'zh') },
        items: firesOfText(text, dialect, zone, fromMs, n),
        clockChanges: [...transitionsBetween(zone, fromMs, fromMs + YEAR_MS)],
      };
    },
    'GET /zones': async () => ({
      items: ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')],
    }),
    'GET /calendars': async () =>
      ctx.store.read('list-calendars', async (db) => {
        const items: CalendarView[] = [];
        for (const { name } of await allCalendars(db)) items.push(await calendarView(db, name));
        return { items };
      }),
    'GET /calendars/:calendar': async ({ params }) =>
      ctx.store.read('view-calendar', (db) => calendarView(db, params.calendar)),
    'PUT /calendars/:calendar': async (call) => {
      const { calendar } = call.body;
      if (calendar.name !== call.params.calendar) {
        throw new FieldsError([{ path: 'calendar.name', message: 'must be the name in the address' }]);
      }
      call.note({ kind: 'calendar', id: calendar.name });
      return storeCalendar(call.ctx, checkedCalendar(calendar));
    },
    'GET /calendars/:calendar/days': async ({ params, query }) => {
      const row = await ctx.store.read('read-calendar', (db) => calendarByName(db, params.calendar));
      if (row === null) throw new DaybreakError('NOT_FOUND', `there is no calendar "${params.calendar}"`);
      const calendar = readCalendar(JSON.parse(row.definition) as CalendarDefinition);
      const items: { date: string; isIn: boolean; name: string | null }[] = [];
      for (let date = query.from; date <= query.to && items.length < DAYS_MAX; date = addDays(date, 1)) {
        items.push({ date, isIn: calendar.isIn(date), name: calendar.nameOf(date) });
      }
      const years = [...new Set(items.map(({ date }) => Number(date.slice(0, 4))))];
      return { items, unknownYears: years.filter((year) => calendar.lacksYear(year)) };
    },
    'GET /jobs/:jobId/fires': async ({ params, query }) =>
      ctx.store.read('list-fires', (db) => firePage(db, { jobId: params.jobId, chainId: 0 }, query)),
    'GET /chains/:chain/fires': async ({ params, query }) =>
      ctx.store.read('list-fires', async (db) => {
        const chainId = await chainIdByName(db, params.chain);
        if (chainId === null) throw new DaybreakError('NOT_FOUND', `there is no chain "${params.chain}"`);
        return firePage(db, { jobId: 0, chainId }, query);
      }),
    'GET /held-fires': async ({ principal }) => {
      const fires = await viewHeldFires(ctx);
      const items = await ctx.store.read('judge-fires', async (db) => {
        const seen: FireView[] = [];
        for (const fire of fires) if (await maySee(db, principal, fire)) seen.push(fire);
        return seen;
      });
      return { items: items.map((fire) => ({ ...fire })) };
    },
    'POST /held-fires/:fireId/decide': async (call) => {
      const { decision, reason } = call.body;
      return decideHeldFire(call.ctx, {
        fireId: call.params.fireId,
        decision: decision === 'run' ? 'fire' : 'skip',
        reason,
        by: call.by,
      });
    },
    'GET /holds': async ({ principal }) => {
      const holds = await listHolds(ctx);
      return ctx.store.read('judge-holds', async (db) => {
        const seen: typeof holds = [];
        for (const one of holds) {
          const kind = one.scope === 'job' ? 'job_name' : one.scope;
          // That everything stands still is everybody's business.
          const touched = one.scope === 'cluster' ? 'none' : await groupsOf(db, { kind, id: one.name });
          if (touched !== null && mayDo(principal, 'view', touched)) seen.push(one);
        }
        return { items: seen };
      });
    },
    'POST /holds': async (call) => {
      const { scope, name, onResume, reason } = call.body;
      await hold(call.ctx, {
        scope,
        reason,
        by: call.by,
        ...(name === undefined ? {} : { name }),
        ...(onResume === undefined ? {} : { onResume }),
      });
      return done;
    },
    'POST /holds/release': async (call) => {
      const { scope, name } = call.body;
      return resume(call.ctx, { scope, by: call.by, ...(name === undefined ? {} : { name }) });
    },
    'GET /backfills': async ({ principal }) => {
      const views = await viewBackfills(ctx);
      return ctx.store.read('judge-backfills', async (db) => {
        const items: Backfill[] = [];
        for (const view of views) {
          const touched = await groupsOf(db, { kind: 'backfill', id: view.id });
          if (touched !== null && mayDo(principal, 'view', touched)) items.push(await backfillOf(db, view));
        }
        return { items };
      });
    },
    'POST /backfills': async (call) => {
      // Two subjects would be judged by one of them alone.
      if (call.body.job !== undefined && call.body.chain !== undefined) {
        throw new FieldsError([{ path: 'chain', message: 'give a job or a chain, one of the two' }]);
      }
      return backfill(call.ctx, { ...definedOf(call.body), by: call.by });
    },
    'GET /backfills/:backfillId': async ({ params }) => {
      const view = await viewBackfill(ctx, params.backfillId);
      return ctx.store.read('view-backfill', (db) => backfillOf(db, view));
    },
    'POST /backfills/:backfillId/pause': verbOf('pause'),
    'POST /backfills/:backfillId/resume': verbOf('resume'),
    'POST /backfills/:backfillId/cancel': verbOf('cancel'),
  };
}

/** Throws CONFIG_INVALID with the field; what is no list is refused before anybody walks it. */
function checkedCalendar(calendar: CalendarDefinition): CalendarDefinition {
  const lists = ['weekly', 'datesOut', 'datesIn', 'years'] as const;
  const wrong = lists.find((field) => calendar[field] != null && !Array.isArray(calendar[field]));
  if (wrong !== undefined) throw new FieldsError([{ path: `calendar.${wrong}`, message: 'must be a list' }]);
  readCalendar(calendar);
  return calendar;
}

async function calendarView(db: SqlReader, name: string): Promise<CalendarView> {
  const row = await calendarByName(db, name);
  if (row === null) throw new DaybreakError('NOT_FOUND', `there is no calendar "${name}"`);
  const at = await db.get<{ updatedAt: number }>(`select updated_at as updatedAt from s_calendar where name = ?`, [
    name,
  ]);
  const using = (await definitionsNaming(db, name)).map(({ kind, definition }) => ({
    kind,
    name: (JSON.parse(definition) as { name: string }).name,
  }));
  return {
    calendar: JSON.parse(row.definition) as CalendarDefinition,
    version: row.version,
    updatedAtMs: at?.updatedAt ?? 0,
    usedBy: using,
  };
}

async function firePage(
  db: SqlReader,
  of: { readonly jobId: number; readonly chainId: number },
  { after, limit = PAGE_DEFAULT }: { readonly after?: string; readonly limit?: number },
): Promise<{ items: Fire[]; next: string | null }> {
  const key = readCursor(after);
  const beforeMs = typeof key?.[0] === 'number' ? key[0] + 1 : Number.MAX_SAFE_INTEGER;
  const seen = new Set(key === null ? [] : key.slice(1));
  const rows = await seenFires(db, { ...of, states: [...FIRE_STATES], fromMs: 0, beforeMs, limit: limit + 20 });
  // Several fires may have one instant: those of it that were on the page before are left out here.
  const fresh = rows.filter(
    ({ id, plannedAt }) => !(plannedAt === key?.[0] && id >= Number(key[1])) || seen.size === 0,
  );
  const items = fresh.slice(0, limit);
  const last = items.at(-1);
  return {
    items: items.map(fireOf),
    next: fresh.length > limit && last !== undefined ? cursorOf(last.plannedAt, last.id) : null,
  };
}

const fireOf = ({ plannedAt, decidedAt, askedBy, rangeTo, rangeCount, ...fire }: SeenFireRow): Fire => ({
  ...fire,
  plannedAtMs: plannedAt,
  by: askedBy,
  decidedAtMs: decidedAt,
  range: rangeTo === null || rangeCount === null ? null : { toMs: rangeTo, count: rangeCount },
});

async function maySee(db: SqlReader, principal: Principal, fire: FireView): Promise<boolean> {
  const touched = await groupsOf(db, { kind: 'fire', id: fire.id });
  return touched !== null && mayDo(principal, 'view', touched);
}

async function backfillOf(db: SqlReader, view: BackfillView): Promise<Backfill> {
  const { jobId, chainId, id, state, reason, fromDate, toDate, nextDate, by, createdAtMs, endedAtMs, ...progress } =
    view;
  const nameIn = async (table: 's_job' | 's_chain', of: number | null): Promise<string | null> =>
    of === null
      ? null
      : ((await db.get<{ name: string }>(`select name from ${table} where id = ?`, [of]))?.name ?? null);
  const figures = Object.entries(progress).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
  return {
    id,
    job: await nameIn('s_job', jobId),
    chain: await nameIn('s_chain', chainId),
    state,
    reason,
    fromDate,
    toDate,
    nextDate,
    by,
    createdAtMs,
    endedAtMs,
    progress: Object.fromEntries(figures),
  };
}

function definedOf<T extends object>(given: T): T {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as T;
}
