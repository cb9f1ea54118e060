import './audit.css';
import { Button, DatePicker } from 'antd';
import dayjs from 'dayjs';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { addressOf, call } from '../../api/client.ts';
import { type Reply, usePages } from '../../api/read.ts';
import { AdminsOnly } from '../../app/admins-only.tsx';
import { useLanguage, useWording } from '../../app/preferences.ts';
import { Choose, SearchBox } from '../../look/choose.tsx';
import { Icon } from '../../look/icon.tsx';
import { List } from '../../look/list.tsx';
import { Page, Panel, ProblemNote } from '../../look/parts.tsx';
import { State, StateMark } from '../../look/state.tsx';
import { filled, useSearch } from '../../look/use-search.ts';
import { Inert, Instant, Said } from '../../look/values.tsx';
import { formatCount } from '../../pure/format.ts';
import { inertValue } from '../../pure/inert-text.ts';

type Entry = Reply<'GET /audit'>['items'][number];
const OUTCOMES = ['done', 'refused', 'failed'] as const;

/** Who did what, with what before and after; numbered and chained, so that a missing entry is found. */
export function Audit() {
  const { t } = useTranslation();
  return (
    <AdminsOnly title={t('nav.audit')}>
      <Entries />
    </AdminsOnly>
  );
}

function Entries() {
  const { t } = useTranslation();
  const [get, set] = useSearch();
  const query = filled({
    who: get('who'),
    action: get('action'),
    subjectKind: get('kind'),
    subjectId: get('id'),
    outcome: get('outcome') as 'done' | '',
    fromMs: get('from') === '' ? null : Number(get('from')),
    toMs: get('to') === '' ? null : Number(get('to')),
  });
  const entries = usePages('GET /audit', { query });
  return (
    <Page title={t('nav.audit')} actions={<Tools query={query} />}>
      <div className="filters">
        <SearchBox label={t('audit.who')} value={get('who')} onChange={(who) => set({ who })} width={150} />
        <SearchBox label={t('audit.action')} value={get('action')} onChange={(action) => set({ action })} width={170} />
        <SearchBox label={t('audit.kind')} value={get('kind')} onChange={(kind) => set({ kind })} width={160} />
        <SearchBox label={t('audit.id')} value={get('id')} onChange={(id) => set({ id })} width={130} />
        <Choose
          label={t('audit.outcome')}
          value={get('outcome')}
          options={OUTCOMES.map((value) => ({ value, label: t(`state.${value}`) }))}
          onChange={(outcome) => set({ outcome })}
          width={130}
        />
        <DatePicker.RangePicker
          aria-label={t('audit.when')}
          value={get('from') === '' || get('to') === '' ? null : [dayjs(Number(get('from'))), dayjs(Number(get('to')))]}
          onChange={(range) =>
            set({
              from: range?.[0] == null ? null : String(range[0].startOf('day').valueOf()),
              to: range?.[1] == null ? null : String(range[1].endOf('day').valueOf()),
            })
          }
          style={{ maxWidth: '100%' }}
        />
      </div>
      <Panel flush>
        <List
          caption={t('nav.audit')}
          rows={entries.rows}
          rowKey={({ seq }) => seq}
          query={entries}
          empty={t('audit.none')}
          columns={[
            {
              key: 'action',
              title: t('audit.action'),
              lead: true,
              cell: ({ action, seq }) => (
                <strong>
                  <Inert text={action} /> <span className="soft">#{seq}</span>
                </strong>
              ),
            },
            { key: 'when', title: t('audit.when'), cell: ({ atMs }) => <Instant atMs={atMs} style="second" /> },
            {
              key: 'who',
              title: t('audit.who'),
              cell: ({ who, from, principalKind }) => (
                <div className="title-cell">
                  <Inert text={who} />
                  <span className="small soft">
                    {t(`principal.${principalKind}`)} · <Inert text={from} />
                  </span>
                </div>
              ),
            },
            {
              key: 'subject',
              title: t('audit.subject'),
              cell: ({ subjectKind, subjectId, group }) => (
                <span>
                  <Inert text={`${subjectKind} ${subjectId}`} />{' '}
                  {group !== null && (
                    <span className="tag">
                      <Inert text={group} />
                    </span>
                  )}
                </span>
              ),
            },
            {
              key: 'outcome',
              title: t('audit.outcome'),
              cell: ({ outcome }) => (
                <State state={outcome === 'done' ? 'done' : outcome === 'refused' ? 'refused' : 'failed'} />
              ),
            },
            { key: 'more', title: t('audit.more'), cell: (entry) => <More entry={entry} /> },
          ]}
        />
      </Panel>
    </Page>
  );
}

function More({ entry }: { readonly entry: Entry }) {
  const { t } = useTranslation();
  const [before, after] = [inertValue(entry.before), inertValue(entry.after)];
  if (entry.reason === null && before === '' && after === '')
    return <code className="soft small">{entry.hash.slice(0, 8)}</code>;
  return (
    <details className="audit-more">
      <summary>{entry.reason === null ? t('audit.changes') : <Said text={entry.reason} />}</summary>
      {before !== '' && <pre className="was">{before}</pre>}
      {after !== '' && <pre className="is">{after}</pre>}
      <code className="soft small">{entry.hash}</code>
    </details>
  );
}

function Tools({ query }: { readonly query: Readonly<Record<string, unknown>> }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const wording = useWording();
  const [said, setSaid] = useState<Reply<'GET /audit/verify'> | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setIsBusy] = useState(false);
  const verify = async () => {
    setIsBusy(true);
    setError(null);
    try {
      setSaid(await call('GET /audit/verify'));
    } catch (problem) {
      setError(problem);
    }
    setIsBusy(false);
  };
  return (
    <>
      {error !== null && <ProblemNote error={error} />}
      {said !== null && (
        <span className="row tight" role="status">
          <StateMark state={said.brokenAt === null ? 'succeeded' : 'critical'} />
          {said.brokenAt === null
            ? t('audit.whole', { entries: formatCount(said.entries, language) })
            : t('audit.broken', { seq: said.brokenAt, problem: wording(said.problem ?? '') })}
        </span>
      )}
      <Button loading={isBusy} onClick={() => void verify()}>
        {t('audit.verify')}
      </Button>
      {(['csv', 'jsonl'] as const).map((format) => (
        <Button
          key={format}
          icon={<Icon name="download" size={15} />}
          href={addressOf('GET /audit/export', { query: { ...query, format } })}
          download={`audit.${format}`}
        >
          {format.toUpperCase()}
        </Button>
      ))}
    </>
  );
}
