import './run.css';
import { Button, DatePicker, Segmented } from 'antd';
import dayjs from 'dayjs';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { usePages } from '../../api/read.ts';
import { useLanguage } from '../../app/preferences.ts';
import { useMay } from '../../app/session.tsx';
import { List } from '../../look/list.tsx';
import { Bones, Page, Panel } from '../../look/parts.tsx';
import { useSearch } from '../../look/use-search.ts';
import { Duration, Inert, serverNow } from '../../look/values.tsx';
import { formatCount } from '../../pure/format.ts';
import { Clearing } from './clearing.tsx';

const DAY = 86_400_000;
const Chart = lazy(() => import('./report-chart.tsx'));

/** Runs by day or job, with the usual and the worst of duration and lateness; and the clearing of old ones. */
export function Reports() {
  const { t } = useTranslation();
  const language = useLanguage();
  const may = useMay();
  const [get, set] = useSearch();
  const [isClearing, setIsClearing] = useState(false);
  const by = get('by') === 'job' ? 'job' : 'day';
  const day = (atMs: number) => new Date(atMs).toISOString().slice(0, 10);
  const from = get('from') === '' ? day(serverNow() - 29 * DAY) : get('from');
  const to = get('to') === '' ? day(serverNow()) : get('to');
  const report = usePages('GET /reports/runs', { query: { by, from, to } });
  const { rows } = report;
  const count = (n: number) => formatCount(n, language);
  return (
    <Page
      title={t('nav.reports')}
      lead={<span className="soft small">{t('reports.utc')}</span>}
      actions={
        <>
          <Segmented
            aria-label={t('reports.by')}
            value={by}
            options={[
              { value: 'day', label: t('reports.day') },
              { value: 'job', label: t('reports.job') },
            ]}
            onChange={(next) => set({ by: next })}
          />
          <DatePicker.RangePicker
            aria-label={t('reports.range')}
            allowClear={false}
            value={[dayjs(from), dayjs(to)]}
            onChange={(range) =>
              set({ from: range?.[0]?.format('YYYY-MM-DD') ?? null, to: range?.[1]?.format('YYYY-MM-DD') ?? null })
            }
          />
          {may('admin') && <Button onClick={() => setIsClearing(true)}>{t('clearing.title')}</Button>}
        </>
      }
    >
      {by === 'day' && rows.length > 1 && (
        <Panel title={t('reports.durations')}>
          <Suspense fallback={<Bones />}>
            <Chart rows={rows} />
          </Suspense>
        </Panel>
      )}
      <Panel flush>
        <List
          caption={t('nav.reports')}
          rows={by === 'day' ? [...rows].reverse() : rows}
          rowKey={({ key }) => key}
          query={report}
          empty={t('runs.none')}
          columns={[
            {
              key: 'key',
              title: t(by === 'day' ? 'reports.day' : 'reports.job'),
              lead: true,
              cell: ({ key, jobId }) =>
                jobId === null ? (
                  <strong>{key}</strong>
                ) : (
                  <Link to={`/jobs/${jobId}`}>
                    <Inert text={key} />
                  </Link>
                ),
            },
            { key: 'runs', title: t('nav.runs'), align: 'num', cell: ({ runs }) => count(runs) },
            { key: 'good', title: t('state.succeeded'), align: 'num', cell: ({ succeeded }) => count(succeeded) },
            {
              key: 'bad',
              title: t('state.failed'),
              align: 'num',
              cell: ({ failed }) => (failed === 0 ? 0 : <strong className="wrong">{count(failed)}</strong>),
            },
            {
              key: 'p50',
              title: t('reports.durationP50'),
              align: 'num',
              cell: ({ durationP50Ms }) => <Duration ms={durationP50Ms} />,
            },
            {
              key: 'p95',
              title: t('reports.durationP95'),
              align: 'num',
              cell: ({ durationP95Ms }) => <Duration ms={durationP95Ms} />,
            },
            {
              key: 'l50',
              title: t('reports.latenessP50'),
              align: 'num',
              cell: ({ latenessP50Ms }) => <Duration ms={latenessP50Ms} />,
            },
            {
              key: 'l95',
              title: t('reports.latenessP95'),
              align: 'num',
              cell: ({ latenessP95Ms }) => <Duration ms={latenessP95Ms} />,
            },
          ]}
        />
      </Panel>
      {isClearing && <Clearing onClose={() => setIsClearing(false)} />}
    </Page>
  );
}
