import { Type } from 'typebox';
import { DaybreakError } from '../../../shared/errors.ts';
import type { SqlReader, SqlStore } from '../../../shared/sql/sql.ts';
import { PAGE_DEFAULT, PAGE_PARAMS, pageOf, paramsReader } from '../../inspect/read-params.ts';

interface NightRow {
  readonly id: number;
  readonly businessDate: string;
  readonly seq: number;
  readonly chainRunId: number | null;
  readonly startedAt: number;
  readonly finishedAt: number | null;
  readonly exitCode: number | null;
  readonly report: string | null;
  readonly differences: number;
  /** 1: another was begun behind it. */
  readonly followed: number;
}
const NIGHT = `select n.id, n.business_date as businessDate, n.seq, n.chain_run_id as chainRunId, n.started_at as startedAt,
    n.finished_at as finishedAt, n.exit_code as exitCode, n.report,
    (select count(*) from difference d where d.night_id = n.id and d.breaks = 1) as differences,
    case when n.id < (select max(l.id) from night l) then 1 else 0 end as followed from night n`;

const readPage = paramsReader(Type.Object({ ...PAGE_PARAMS, chainRunId: Type.Optional(Type.Integer({ minimum: 1 })) }));
const readNight = paramsReader(Type.Object({ nightId: Type.String({ pattern: '^[0-9]{1,15}$' }) }));
const readSlices = paramsReader(Type.Object({ ...PAGE_PARAMS, runId: Type.Integer({ minimum: 1 }) }));

/** The newest first; of one chain run no more than its own. */
export async function listNights(store: SqlStore, given: Readonly<Record<string, unknown>>) {
  const { limit = PAGE_DEFAULT, after, chainRunId } = readPage(given);
  const before = after === undefined ? Number.MAX_SAFE_INTEGER : Number(after.split(':')[0]);
  return store.read('list-nights', async (db) => {
    const [one, params] = chainRunId === undefined ? ['', []] : [' and n.chain_run_id = ?', [chainRunId]];
    const rows = await db.all<NightRow>(`${NIGHT} where n.id < ?${one} order by n.id desc limit ${limit + 1}`, [
      before,
      ...params,
    ]);
    return pageOf(rows, limit, { item: lineOf, cursor: ({ id }) => String(id) });
  });
}

export async function nightReport(store: SqlStore, given: Readonly<Record<string, unknown>>) {
  const { nightId } = readNight(given);
  return store.read('night-report', async (db) => {
    const row = await db.get<NightRow>(`${NIGHT} where n.id = ?`, [Number(nightId)]);
    if (row === null) throw new DaybreakError('NOT_FOUND', `there is no night ${nightId}`);
    const document = readReport(row.report);
    return { night: lineOf(row), sections: await sectionsOf(db, row, document), document };
  });
}

/** The slices of a run by number. */
export async function listSlices(store: SqlStore, given: Readonly<Record<string, unknown>>) {
  const { runId, limit = PAGE_DEFAULT, after } = readSlices(given);
  const from = after === undefined ? -1 : Number(after.split(':')[0]);
  return store.read('list-slices', async (db) => {
    const rows = await db.all<{
      no: number;
      state: string;
      owner: string | null;
      items: number;
      done: number;
      fromSeq: number;
      toSeq: number;
    }>(
      `select slice_no as no, state, owner, item_count as items, settled_count as done, lo as fromSeq, hi as toSeq
         from slice where run_id = ? and slice_no > ? order by slice_no limit ${limit + 1}`,
      [runId, from],
    );
    return pageOf(rows, limit, { item: (row) => row, cursor: ({ no }) => String(no) });
  });
}

type Leg = Readonly<Record<string, Readonly<Record<string, { readonly count: number; readonly amountMinor: string }>>>>;
/** A report as it was stored: amounts are digits as text here. */
interface Stored {
  readonly legs?: Readonly<Record<string, Leg>>;
  readonly reconciliation?: Readonly<Record<string, number>>;
  readonly executors?: readonly {
    readonly address: string;
    readonly shardIndex: number | null;
    readonly items: number;
  }[];
  readonly throughput?: Readonly<Record<string, number>>;
  readonly conservation?: { readonly holds: boolean };
}

/** Stored amounts are numbers with all their digits; read as text, none is rounded. */
function readReport(text: string | null): Stored | null {
  if (text === null) return null;
  const exact = (key: string, value: unknown, context?: { readonly source?: string }): unknown =>
    typeof value === 'number' && /minor$/i.test(key) ? (context?.source ?? String(value)) : value;
  return JSON.parse(text, exact as (key: string, value: unknown) => unknown) as Stored;
}

const EXIT_WORDS: Readonly<Record<number, string>> = { 0: 'settled', 2: 'refused', 3: 'unresolved', 4: 'differs' };

/** There is one night at a time: one that has no end, and another behind it, was cut off. */
function stateOf({ exitCode, followed }: NightRow): string {
  if (exitCode === null) return followed === 1 ? 'truncated' : 'running';
  return EXIT_WORDS[exitCode] ?? `ended with ${exitCode}`;
}

function lineOf(row: NightRow) {
  const legs = Object.entries(readReport(row.report)?.legs ?? {});
  const totals = legs.flatMap(([leg, byCurrency]) =>
    Object.entries(byCurrency).flatMap(([currency, groups]) =>
      Object.entries(groups).map(([state, { count, amountMinor }]) => ({
        leg,
        currency,
        state: state === 'due' ? null : state,
        count,
        amountMinor: String(amountMinor),
      })),
    ),
  );
  return {
    nightId: String(row.id),
    businessDate: row.businessDate,
    chainRunId: row.chainRunId,
    state: stateOf(row),
    startedAtMs: row.startedAt,
    endedAtMs: row.finishedAt,
    totals,
    differences: row.exitCode === null ? null : row.differences,
  };
}

interface Section {
  readonly name: string;
  readonly title: string;
  readonly columns: string[];
  readonly rows: (string | number | null)[][];
}

const DIFFERENCES_MAX = 1_000;

async function sectionsOf(db: SqlReader, night: NightRow, report: Stored | null): Promise<Section[]> {
  const totals = lineOf(night).totals.map(({ leg, currency, state, count, amountMinor }) => [
    leg,
    currency,
    state ?? 'due',
    count,
    amountMinor,
  ]);
  const differences = await db.all<Record<string, string | number | null>>(
    `select kind, request_no as requestNo, gateway_ref as gatewayRef, contract_no as contractNo, leg, currency,
       ours_minor as ours, gateway_minor as theirs, breaks, note from difference where night_id = ? order by id
      limit ${DIFFERENCES_MAX}`,
    [night.id],
  );
  const columns = [
    'kind',
    'requestNo',
    'gatewayRef',
    'contractNo',
    'leg',
    'currency',
    'ours',
    'theirs',
    'breaks',
    'note',
  ];
  const figures = (of: Readonly<Record<string, number>> | undefined) => Object.entries(of ?? {});
  return [
    {
      name: 'conservation',
      title: 'Conservation',
      columns: ['leg', 'currency', 'state', 'count', 'amountMinor'],
      rows: totals,
    },
    {
      name: 'reconciliation',
      title: 'Reconciliation',
      columns: ['figure', 'count'],
      rows: figures(report?.reconciliation).map(([name, count]) => [name, count]),
    },
    {
      name: 'differences',
      title: 'Differences',
      columns,
      rows: differences.map((row) => columns.map((column) => row[column] ?? null)),
    },
    {
      name: 'executors',
      title: 'Executors',
      columns: ['address', 'shardIndex', 'items'],
      rows: (report?.executors ?? []).map(({ address, shardIndex, items }) => [
        address,
        shardIndex ?? 'volunteer',
        items,
      ]),
    },
    {
      name: 'throughput',
      title: 'Throughput',
      columns: ['figure', 'value'],
      rows: figures(report?.throughput).map(([name, value]) => [name, value]),
    },
  ];
}
