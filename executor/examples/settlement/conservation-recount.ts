import type { Runtime } from '../../../shared/runtime/runtime.ts';
import type { SqlReader, SqlStore, SqlValue } from '../../../shared/sql/sql.ts';
import { ITEM_STATES } from '../../downstream/item-states.ts';
import { type NightTotals, SumsByLeg } from './conservation.ts';
import type { Difference } from './reconcile-differences.ts';

/** One debit run of the night, as it was frozen. */
export interface NightRun {
  readonly runId: number;
  readonly leg: string;
  readonly downstreamId: number;
}

/** What a recount of the night's items found. */
export interface Recount {
  readonly totals: NightTotals;
  /** SUCCESS items with a line that is right in account, currency and amount. */
  readonly matched: number;
  /** Of these, all else is proven as well: each stands for one line of its own that needs no second look. */
  readonly exact: number;
  /** SUCCESS items without any line under their request number. */
  readonly withoutLine: number;
  /** Items whose state is not what their call and the ledger say. */
  readonly inconsistent: number;
  /** Where the two above lie, so that only these pages are read again to list them. */
  readonly pagesToList: readonly SlicePage[];
}

interface SlicePage {
  readonly run: NightRun;
  readonly fromSlice: number;
  readonly toSlice: number;
}

export async function readNightRuns(db: SqlReader, chainRunId: number | null): Promise<NightRun[]> {
  if (chainRunId === null) return [];
  const rows = await db.all<{ run_id: number; group_name: string; downstream_id: number }>(
    `select run_id, group_name, downstream_id from slice_run where chain_run_id = ? and state = 'frozen' order by run_id`,
    [chainRunId],
  );
  return rows.map((row) => ({ runId: row.run_id, leg: row.group_name, downstreamId: row.downstream_id }));
}

/**
 * Recounts every item of the night from its call and the ledger, page by page along the clustered key, and looks for
 * each SUCCESS's line in the staged files. The database aggregates; what leaves it is a row per state and currency.
 */
export async function recountNight(
  store: SqlStore,
  runtime: Pick<Runtime, 'yieldTurn'>,
  nightId: number,
  runs: readonly NightRun[],
): Promise<Recount> {
  const totals = {
    manifest: new SumsByLeg(),
    recounted: new SumsByLeg(),
    success: new SumsByLeg(),
    ledger: new SumsByLeg(),
  };
  const pagesToList: SlicePage[] = [];
  let [matched, exact, withoutLine, inconsistent] = [0, 0, 0, 0];
  for (const run of runs) {
    await store.read('sum-manifest', (db) => addManifest(db, run, totals.manifest));
    let lastSubject = 0;
    for (const page of await store.read('page-slices', (db) => slicePages(db, run))) {
      // The embedded store answers at once: without this, timers and sockets would wait for the whole recount.
      await runtime.yieldTurn();
      const groups = await store.read('recount-items', (db) => recountPage(db, nightId, page));
      lastSubject = await store.read('sum-ledger', (db) => addLedger(db, page, lastSubject, totals.ledger));
      let isListed = false;
      for (const group of groups) {
        totals.recounted.add(run.leg, group.recountedCurrency, group.recounted);
        if (group.state === 'SUCCESS') totals.success.add(run.leg, group.currency, group.own);
        if (group.line === 'right' || group.line === 'exact') matched += group.own.count;
        if (group.line === 'exact' && group.isConsistent) exact += group.own.count;
        if (group.line === 'none') withoutLine += group.own.count;
        if (!group.isConsistent) inconsistent += group.own.count;
        isListed ||= group.line === 'none' || !group.isConsistent;
      }
      if (isListed) pagesToList.push(page);
    }
  }
  return { totals, matched, exact, withoutLine, inconsistent, pagesToList };
}

async function addManifest(db: SqlReader, run: NightRun, manifest: SumsByLeg): Promise<void> {
  const rows = await db.arrays(
    `select group_name, currency, sum(item_count), cast(sum(amount_minor) as char) from slice_expected
      where run_id = ? group by group_name, currency`,
    [run.runId],
  );
  for (const [leg, currency, count, amount] of rows) {
    manifest.add(String(leg), String(currency), { count: Number(count), amountMinor: BigInt(String(amount)) });
  }
}

const PAGE_ITEMS = 5_000;

/**
 * Neighbouring slices, together about a page of items: small slices cost no query each, large ones stay whole. In the
 * order of their items, which is that of their subjects: a slice that was split off has a number behind all others.
 */
async function slicePages(db: SqlReader, run: NightRun): Promise<SlicePage[]> {
  const rows = await db.arrays('select slice_no, item_count from slice where run_id = ? order by lo', [run.runId]);
  const slices = rows.map(([sliceNo, items]) => ({ sliceNo: Number(sliceNo), items: Number(items) }));
  const numbers = slices.map(({ sliceNo }) => sliceNo);
  const [lowest, highest] = [Math.min(...numbers), Math.max(...numbers)];
  return cutPages(slices).map(({ fromSlice, toSlice }) => ({
    run,
    // Items that lie outside every slice would be missed: the last number's page is open upwards, the first's downwards.
    fromSlice: fromSlice === lowest ? 0 : fromSlice,
    toSlice: toSlice === highest ? SLICE_NO_MAX : toSlice,
  }));
}

/** Pages of slices that are neighbours both in their items and in their numbers: a page is a range of numbers. */
function cutPages(
  slices: readonly { readonly sliceNo: number; readonly items: number }[],
): { fromSlice: number; toSlice: number }[] {
  const pages: { fromSlice: number; toSlice: number; items: number }[] = [];
  for (const { sliceNo, items } of slices) {
    const page = pages.at(-1);
    if (page === undefined || page.items >= PAGE_ITEMS || page.toSlice + 1 !== sliceNo) {
      pages.push({ fromSlice: sliceNo, toSlice: sliceNo, items });
    } else {
      page.toSlice = sliceNo;
      page.items += items;
    }
  }
  return pages;
}
const SLICE_NO_MAX = 2 ** 31 - 1;

interface RecountGroup {
  readonly state: string;
  readonly currency: string;
  readonly own: { readonly count: number; readonly amountMinor: bigint };
  readonly recountedCurrency: string;
  readonly recounted: { readonly count: number; readonly amountMinor: bigint };
  readonly line: LineWord;
  readonly isConsistent: boolean;
}

/**
 * An item and the rows that prove its state: the call of its attempt in this run, the ledger entry of that call. The
 * joins go by primary keys in the order of the items, so the pages of all three tables are met one after the other.
 */
const PROOF = `
  left join call_out c on c.downstream_id = ? and c.subject = i.subject and c.presentation = i.presentation
       and c.attempt = i.attempt and c.run_id = i.run_id and c.slice_no = i.slice_no and c.seq = i.seq
  left join ledger g on g.downstream_id = ? and g.subject = i.subject and g.presentation = i.presentation
       and g.attempt = i.attempt and g.entry_type = 'DEBIT'`;

/**
 * 1 when call and ledger say what the item's state says:
 * SUCCESS: the call SUCCEEDED and one entry of the plan is booked, by this call, under the same reference.
 * FAILED: the call was REFUSED. BLOCKED, PENDING: no call. The rest: a call that has not SUCCEEDED.
 * Except for SUCCESS nothing is booked (a later night may have booked what this one left); never is there a call beyond the item's attempt; amounts and currencies agree.
 */
const CONSISTENT = `
  case when (select count(*) from ledger o where o.downstream_id = ? and o.subject = i.subject
                       and (o.run_id <= i.run_id or i.state = 'SUCCESS'))
            <> case when i.state = 'SUCCESS' then 1 else 0 end then 0
       when exists (select 1 from call_out n where n.downstream_id = ? and n.subject = i.subject
                       and n.presentation = i.presentation and n.attempt > i.attempt and n.run_id = i.run_id) then 0
       when c.subject is not null and (c.amount_minor <> i.amount_minor or c.currency <> i.currency) then 0
       when g.subject is not null and (g.amount_minor <> i.amount_minor or g.currency <> i.currency
                       or g.run_id <> i.run_id or g.gateway_ref <> coalesce(c.gateway_ref, g.gateway_ref)) then 0
       when i.state = 'SUCCESS' then case when c.state = 'SUCCEEDED' and g.subject is not null then 1 else 0 end
       when i.state = 'FAILED' then case when c.state = 'REFUSED' then 1 else 0 end
       when i.state in ('PENDING', 'BLOCKED') then case when c.subject is null then 1 else 0 end
       when i.state = 'PROCESSING' then case when c.state in ('STORED', 'SENT', 'UNKNOWN') then 1 else 0 end
       else case when c.subject is not null and c.state <> 'SUCCEEDED' then 1 else 0 end
  end`;

/** exact: right under the booked reference, its plan paid. right: account, currency and amount. other: none of these. */
const LINE_WORDS = ['no success', 'none', 'other', 'right', 'exact'] as const;
type LineWord = (typeof LINE_WORDS)[number];

const LINE_RIGHT = `l.night_id = ? and l.request_no = c.request_no and l.account_no = c.account_no
       and l.currency = c.currency and l.amount_minor = c.amount_minor`;

/** The index of its word in LINE_WORDS. */
const LINE = `
  case when i.state <> 'SUCCESS' then 0
       when exists (select 1 from settlement_line l where ${LINE_RIGHT} and l.gateway_ref = g.gateway_ref)
            and exists (select 1 from plan p where p.id = i.subject and p.state = 'paid') then 4
       when exists (select 1 from settlement_line l where ${LINE_RIGHT}) then 3
       when exists (select 1 from settlement_line l where l.night_id = ? and l.request_no = c.request_no) then 2
       else 1 end`;

const STATE = `case i.state ${ITEM_STATES.map((state, index) => `when '${state}' then ${index}`).join(' ')} end`;

async function recountPage(db: SqlReader, nightId: number, page: SlicePage): Promise<RecountGroup[]> {
  const d = page.run.downstreamId;
  // Grouped by one number and two short texts: with a text per question the sorting cost as much as the joins.
  const rows = await db.arrays(
    `select t.code, t.currency, t.recounted_currency, count(*),
            cast(sum(t.own_minor) as char), cast(sum(t.recounted_minor) as char)
       from (select i.currency as currency, i.amount_minor as own_minor,
                    coalesce(g.currency, c.currency, i.currency) as recounted_currency,
                    coalesce(g.amount_minor, c.amount_minor, i.amount_minor) as recounted_minor,
                    ${STATE} * 100 + ${LINE} * 10 + ${CONSISTENT} as code
               from item i ${PROOF}
              where i.run_id = ? and i.slice_no >= ? and i.slice_no <= ?) t
      group by t.code, t.currency, t.recounted_currency`,
    [nightId, nightId, nightId, d, d, d, d, page.run.runId, page.fromSlice, page.toSlice],
  );
  return rows.map((row) => {
    const code = Number(row[0]);
    const count = Number(row[3]);
    return {
      state: ITEM_STATES[Math.floor(code / 100)] ?? '',
      line: LINE_WORDS[Math.floor(code / 10) % 10] ?? 'none',
      isConsistent: code % 10 === 1,
      currency: String(row[1]),
      recountedCurrency: String(row[2]),
      own: { count, amountMinor: BigInt(String(row[4])) },
      recounted: { count, amountMinor: BigInt(String(row[5])) },
    };
  });
}

/** A range of subjects is walked whole when it is at most so many times as wide as the items in it are many. */
const DENSE = 20;

/**
 * Adds what the ledger holds for this run among the page's subjects, and returns the page's last subject. Where the
 * subjects lie close together the ledger is summed by itself over their range, so an entry that no item stands for is
 * found; where old obligations are scattered among millions of paid ones, it is asked subject by subject.
 */
async function addLedger(db: SqlReader, page: SlicePage, lastSubject: number, ledger: SumsByLeg): Promise<number> {
  const { runId, downstreamId } = page.run;
  const place: SqlValue[] = [runId, page.fromSlice, page.toSlice];
  const [range] = await db.arrays(
    `select min(i.subject), max(i.subject), count(*) from item i
      where i.run_id = ? and i.slice_no >= ? and i.slice_no <= ?`,
    place,
  );
  const [first, last, count] = (range ?? []).map(Number) as [number, number, number];
  if (count === 0) return lastSubject;
  const isNear = first - lastSubject <= DENSE * count && lastSubject > 0;
  const from = isNear ? lastSubject + 1 : first;
  const rows =
    last - from <= DENSE * count
      ? await db.arrays(
          `select g.group_name, g.currency, count(*), cast(sum(g.amount_minor) as char) from ledger g
            where g.downstream_id = ? and g.subject >= ? and g.subject <= ? and g.run_id = ?
            group by g.group_name, g.currency`,
          [downstreamId, from, last, runId],
        )
      : await db.arrays(
          `select g.group_name, g.currency, count(*), cast(sum(g.amount_minor) as char)
             from item i join ledger g on g.downstream_id = ? and g.subject = i.subject and g.run_id = i.run_id
            where i.run_id = ? and i.slice_no >= ? and i.slice_no <= ?
            group by g.group_name, g.currency`,
          [downstreamId, ...place],
        );
  for (const [leg, currency, n, amount] of rows) {
    ledger.add(String(leg), String(currency), { count: Number(n), amountMinor: BigInt(String(amount)) });
  }
  return last;
}

/** Lists the items of one page that have no line, or whose state is not proven. */
export async function listRecountPage(
  db: SqlReader,
  nightId: number,
  page: SlicePage,
  options: { linesWereHad: boolean },
): Promise<Difference[]> {
  return listItems(db, nightId, page.run.downstreamId, options, {
    from: 'item i',
    where: 'i.run_id = ? and i.slice_no >= ? and i.slice_no <= ?',
    params: [page.run.runId, page.fromSlice, page.toSlice],
  });
}

/** The same for what was carried over from earlier nights: few, each looked at. */
export async function listCarriedOver(
  db: SqlReader,
  nightId: number,
  downstreamId: number,
  options: { linesWereHad: boolean },
): Promise<Difference[]> {
  return listItems(db, nightId, downstreamId, options, {
    from: `night_carried_over k
           join item i on i.run_id = k.run_id and i.slice_no = k.slice_no and i.seq = k.seq`,
    where: 'k.night_id = ?',
    params: [nightId],
  });
}

async function listItems(
  db: SqlReader,
  nightId: number,
  d: number,
  options: { linesWereHad: boolean },
  source: { from: string; where: string; params: SqlValue[] },
): Promise<Difference[]> {
  const rows = await db.arrays(
    `select t.state, t.currency, t.own_minor, t.file_line, t.is_proven, t.call_state, t.request_no, t.gateway_ref,
            t.booked_minor, p.contract_no, p.period, p.leg
       from (select i.subject as subject, i.state as state, i.currency as currency, i.amount_minor as own_minor,
                    c.state as call_state, c.request_no as request_no,
                    coalesce(g.gateway_ref, c.gateway_ref) as gateway_ref, g.amount_minor as booked_minor,
                    ${LINE} as file_line, ${CONSISTENT} as is_proven
               from ${source.from} ${PROOF}
              where ${source.where}) t
       left join plan p on p.id = t.subject
      where t.file_line = 1 or t.is_proven = 0`,
    [nightId, nightId, nightId, d, d, d, d, ...source.params],
  );
  const differences: Difference[] = [];
  for (const row of rows) {
    const base = {
      requestNo: textOrNull(row[6]),
      gatewayRef: textOrNull(row[7]),
      contractNo: textOrNull(row[9]),
      period: row[10] == null ? null : Number(row[10]),
      leg: textOrNull(row[11]),
      currency: String(row[1]),
      oursMinor: String(row[2]),
    };
    if (Number(row[3]) === 1 && options.linesWereHad) {
      differences.push({ ...base, kind: 'ONLY_OURS', note: 'a SUCCESS of ours without a line in any settlement file' });
    }
    if (Number(row[4]) === 0) {
      const booked = row[8] == null ? 'nothing booked' : `${row[8]} booked`;
      const note = `the item is ${row[0]} of ${row[2]}; its call is ${row[5] ?? 'missing'}, ${booked}`;
      differences.push({ ...base, kind: 'RECOUNT', note });
    }
  }
  return differences;
}

const textOrNull = (value: SqlValue | undefined): string | null => (value == null ? null : String(value));
