import { DatePicker } from 'antd';
import dayjs from 'dayjs';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { type Reply, usePages, useRead } from '../../api/read.ts';
import { BulkBar } from '../../look/bulk.tsx';
import { Choose } from '../../look/choose.tsx';
import { type Column, List, type Order } from '../../look/list.tsx';
import { Page, Panel } from '../../look/parts.tsx';
import { State, useStateWord } from '../../look/state.tsx';
import { filled, useSearch } from '../../look/use-search.ts';
import { Duration, Inert, Instant } from '../../look/values.tsx';

type RunLine = Reply<'GET /runs'>['items'][number];
export const RUN_STATES = [
  'waiting',
  'running',
  'dispatched',
  'succeeded',
  'failed',
  'timed_out',
  'cancelled',
  'discarded',
] as const;

export function Runs() {
  const { t } = useTranslation();
  const [get, set] = useSearch();
  const [chosen, setChosen] = useState<ReadonlySet<string | number>>(new Set());
  const from = get('from');
  const to = get('to');
  const query = filled({
    jobId: get('job') === '' ? null : Number(get('job')),
    chain: get('chain'),
    group: get('group'),
    state: get('state') as 'open' | '',
    businessDate: get('date'),
    fromMs: from === '' ? null : Number(from),
    toMs: to === '' ? null : Number(to),
    sort: get('sort') as 'started' | '',
    order: get('order') as 'desc' | '',
  });
  const runs = usePages('GET /runs', { query }, { topics: ['runs'] });
  const order: Order = { by: get('sort') || 'started', direction: get('order') === 'asc' ? 'asc' : 'desc' };
  const names = new Map(runs.rows.map(({ id, job }) => [id, `${job} #${id}`]));
  return (
    <Page title={t('nav.runs')}>
      <RunFilters />
      {query.sort !== undefined &&
        query.sort !== 'started' &&
        query.jobId === undefined &&
        query.fromMs === undefined && <p className="note">{t('runs.sortNeeds')}</p>}
      <Panel flush>
        <List
          caption={t('nav.runs')}
          columns={useRunColumns()}
          rows={runs.rows}
          rowKey={({ id }) => id}
          query={runs}
          empty={t('runs.none')}
          chosen={chosen}
          onChoose={setChosen}
          order={order}
          onOrder={({ by, direction }) => set({ sort: by, order: direction })}
        />
      </Panel>
      <BulkBar
        chosen={chosen}
        nameOf={(id) => names.get(id) ?? `#${id}`}
        onDone={() => setChosen(new Set())}
        choices={[
          { action: 'run.retry-failed' },
          { action: 'run.resume' },
          { action: 'run.rerun' },
          { action: 'run.kill', danger: true },
        ]}
      />
    </Page>
  );
}

function RunFilters() {
  const { t } = useTranslation();
  const word = useStateWord();
  const [get, set] = useSearch();
  const filters = useRead('GET /jobs/filters');
  const jobs = useRead('GET /jobs', { query: { limit: 200 } });
  const chains = useRead('GET /chains', { query: { limit: 200 } });
  const states = ['open', 'bad', ...RUN_STATES].map((state) => ({
    value: state,
    label: state === 'open' || state === 'bad' ? t(`runs.${state}`) : word(state),
  }));
  const of = (names: readonly string[] | undefined) => (names ?? []).map((name) => ({ value: name, label: name }));
  const [from, to] = [get('from'), get('to')];
  return (
    <div className="filters">
      <Choose label={t('runs.state')} value={get('state')} options={states} onChange={(state) => set({ state })} />
      <Choose
        label={t('runs.job')}
        value={get('job')}
        search
        width={190}
        options={(jobs.data?.items ?? []).map(({ id, name }) => ({ value: String(id), label: name }))}
        onChange={(job) => set({ job })}
      />
      <Choose
        label={t('runs.chain')}
        value={get('chain')}
        search
        options={of(chains.data?.items.map(({ name }) => name))}
        onChange={(chain) => set({ chain })}
      />
      <Choose
        label={t('runs.group')}
        value={get('group')}
        options={of(filters.data?.groups)}
        onChange={(group) => set({ group })}
      />
      <DatePicker
        aria-label={t('runs.date')}
        placeholder={t('runs.date')}
        value={get('date') === '' ? null : dayjs(get('date'))}
        onChange={(day) => set({ date: day === null ? null : day.format('YYYY-MM-DD') })}
        style={{ width: 150 }}
      />
      <DatePicker.RangePicker
        showTime={{ format: 'HH:mm' }}
        format="YYYY-MM-DD HH:mm"
        aria-label={t('runs.started')}
        placeholder={[t('runs.from'), t('runs.to')]}
        value={from === '' || to === '' ? null : [dayjs(Number(from)), dayjs(Number(to))]}
        onChange={(range) =>
          set({
            from: range?.[0] == null ? null : String(range[0].valueOf()),
            to: range?.[1] == null ? null : String(range[1].valueOf()),
          })
        }
        style={{ width: 330, maxWidth: '100%' }}
      />
    </div>
  );
}

export function useRunColumns(): readonly Column<RunLine>[] {
  const { t } = useTranslation();
  const waits = useWaitsFor();
  return [
    {
      key: 'job',
      title: t('runs.job'),
      lead: true,
      cell: (run) => (
        <div className="title-cell">
          <Link to={`/runs/${run.id}`}>
            <Inert text={run.job} /> <span className="soft">#{run.id}</span>
          </Link>
          <span className="small soft">
            {run.chain !== null && (
              <>
                <Link to={`/?chainRun=${run.chainRunId ?? ''}`}>
                  <Inert text={run.chain} />
                </Link>{' '}
                ·{' '}
              </>
            )}
            <Inert text={run.group} />
          </span>
        </div>
      ),
    },
    {
      key: 'state',
      title: t('runs.state'),
      cell: (run) => (
        <div className="title-cell">
          <State state={run.state} />
          {(run.waitsFor !== null || run.reason !== null) && (
            <span className="small soft reason">
              {run.waitsFor === null ? <Inert text={run.reason ?? ''} /> : waits(run.waitsFor)}
            </span>
          )}
        </div>
      ),
    },
    { key: 'date', title: t('runs.date'), cell: ({ businessDate }) => <span className="nowrap">{businessDate}</span> },
    {
      key: 'started',
      title: t('runs.started'),
      sort: 'started',
      cell: ({ startedAtMs }) => <Instant atMs={startedAtMs} style="second" />,
    },
    {
      key: 'duration',
      title: t('runs.duration'),
      sort: 'duration',
      align: 'num',
      cell: ({ durationMs }) => <Duration ms={durationMs} />,
    },
    {
      key: 'lateness',
      title: t('runs.lateness'),
      sort: 'lateness',
      align: 'num',
      cell: ({ latenessMs }) => <Duration ms={latenessMs} />,
    },
    {
      key: 'shards',
      hideNarrow: true,
      title: t('runs.shards'),
      align: 'num',
      cell: ({ shardTotal }) => shardTotal ?? '–',
    },
    {
      key: 'origin',
      hideNarrow: true,
      title: t('runs.origin'),
      cell: ({ origin, by, rerunOf }) => (
        <span className="small">
          {t(`origin.${origin}`, { defaultValue: origin })}
          {by !== null && (
            <>
              {' '}
              · <Inert text={by} />
            </>
          )}
          {rerunOf !== null && (
            <>
              {' '}
              · <Link to={`/runs/${rerunOf}`}>{t('run.repeats', { id: rerunOf })}</Link>
            </>
          )}
        </span>
      ),
    },
  ];
}

export function useWaitsFor(): (what: NonNullable<RunLine['waitsFor']>) => string {
  const { t } = useTranslation();
  return (what) => t(`waitsFor.${what}`);
}
