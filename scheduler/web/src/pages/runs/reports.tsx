import './run.css';
import { useQueryClient } from '@tanstack/react-query';
import { Button, DatePicker, InputNumber, Modal, Segmented } from 'antd';
import dayjs from 'dayjs';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { call } from '../../api/client.ts';
import { type Reply, usePages } from '../../api/read.ts';
import { useMay } from '../../app/session.tsx';
import { useAsk } from '../../look/ask.tsx';
import { Field } from '../../look/field.tsx';
import { List } from '../../look/list.tsx';
import { Bones, Page, Panel, ProblemNote } from '../../look/parts.tsx';
import { useSearch } from '../../look/use-search.ts';
import { Duration, Inert, Instant, serverNow } from '../../look/values.tsx';

const DAY = 86_400_000;
const Chart = lazy(() => import('./report-chart.tsx'));

/** Runs by day or job, with the usual and the worst of duration and lateness; and the clearing of old ones. */
export function Reports() {
  const { t } = useTranslation();
  const may = useMay();
  const [get, set] = useSearch();
  const [isClearing, setIsClearing] = useState(false);
  const by = get('by') === 'job' ? 'job' : 'day';
  const day = (atMs: number) => new Date(atMs).toISOString().slice(0, 10);
  const from = get('from') === '' ? day(serverNow() - 29 * DAY) : get('from');
  const to = get('to') === '' ? day(serverNow()) : get('to');
  const report = usePages('GET /reports/runs', { query: { by, from, to } });
  const { rows } = report;
  return (
    <Page
      title={t('nav.reports')}
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
            { key: 'runs', title: t('nav.runs'), align: 'num', cell: ({ runs }) => runs },
            { key: 'good', title: t('state.succeeded'), align: 'num', cell: ({ succeeded }) => succeeded },
            {
              key: 'bad',
              title: t('state.failed'),
              align: 'num',
              cell: ({ failed }) => (failed === 0 ? 0 : <strong className="wrong">{failed}</strong>),
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

/** First what would go, then a reason, then it goes. */
function Clearing({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const ask = useAsk();
  const client = useQueryClient();
  const [days, setDays] = useState<number | null>(90);
  const [keep, setKeep] = useState<number | null>(null);
  const [preview, setPreview] = useState<Reply<'GET /clearing'> | null>(null);
  const [error, setError] = useState<unknown>(null);
  const which = { ...(days === null ? {} : { olderThanDays: days }), ...(keep === null ? {} : { keepLast: keep }) };
  const look = async () => {
    setError(null);
    try {
      setPreview(await call('GET /clearing', { query: which }));
    } catch (problem) {
      setError(problem);
    }
  };
  const clear = () => {
    if (preview === null) return;
    onClose();
    ask({
      title: t('clearing.ask', { count: preview.runs }),
      body: <p>{t('clearing.askHelp')}</p>,
      ok: t('clearing.do'),
      danger: true,
      needsReason: true,
      act: async (reason) => {
        let more = true;
        let expected = preview.runs;
        while (more && expected > 0) {
          const done = await call('POST /clearing', { body: { ...which, expected, reason } });
          expected -= done.deleted;
          more = done.more && done.deleted > 0;
        }
        void client.invalidateQueries();
      },
    });
  };
  return (
    <Modal
      open
      title={t('clearing.title')}
      onCancel={onClose}
      okText={preview === null ? t('clearing.preview') : t('common.next')}
      cancelText={t('common.cancel')}
      onOk={() => (preview === null ? void look() : clear())}
      okButtonProps={{ disabled: days === null && keep === null }}
    >
      <div className="stack">
        <Field label={t('clearing.days')}>
          {(input) => (
            <InputNumber
              {...input}
              min={0}
              value={days}
              onChange={(next) => {
                setDays(next);
                setPreview(null);
              }}
            />
          )}
        </Field>
        <Field label={t('clearing.keep')} help={t('clearing.keepHelp')}>
          {(input) => (
            <InputNumber
              {...input}
              min={0}
              value={keep}
              onChange={(next) => {
                setKeep(next);
                setPreview(null);
              }}
            />
          )}
        </Field>
        {preview !== null && (
          <p className="note">
            <span>
              {t('clearing.found', { runs: preview.runs, attempts: preview.attempts })}{' '}
              <Instant atMs={preview.oldestAtMs} style="day" /> – <Instant atMs={preview.newestAtMs} style="day" />
            </span>
          </p>
        )}
        {error !== null && <ProblemNote error={error} />}
      </div>
    </Modal>
  );
}
