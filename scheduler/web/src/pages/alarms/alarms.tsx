import { Segmented, Switch } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { type Reply, usePages } from '../../api/read.ts';
import { useMay } from '../../app/session.tsx';
import { BulkBar } from '../../look/bulk.tsx';
import { List } from '../../look/list.tsx';
import { Page, Panel } from '../../look/parts.tsx';
import { State } from '../../look/state.tsx';
import { useSearch } from '../../look/use-search.ts';
import { Ago, Inert, Instant, Said } from '../../look/values.tsx';
import { Channels } from './channels.tsx';
import { Messages } from './messages.tsx';
import { Rules } from './rules.tsx';

type Alarm = Reply<'GET /alarms'>['items'][number];
const TABS = ['open', 'channels', 'rules', 'messages'] as const;

export function Alarms() {
  const { t } = useTranslation();
  const may = useMay();
  const [get, set] = useSearch();
  const tab = TABS.find((name) => name === get('tab')) ?? 'open';
  return (
    <Page
      title={t('nav.alarms')}
      actions={
        may('admin') && (
          <Segmented
            aria-label={t('nav.alarms')}
            value={tab}
            options={TABS.map((value) => ({ value, label: t(`alarms.tab.${value}`) }))}
            onChange={(next) => set({ tab: next === 'open' ? null : next })}
          />
        )
      }
    >
      {tab === 'open' && <AlarmList />}
      {tab === 'channels' && <Channels />}
      {tab === 'rules' && <Rules />}
      {tab === 'messages' && <Messages />}
    </Page>
  );
}

function AlarmList() {
  const { t } = useTranslation();
  const [get, set] = useSearch();
  const [chosen, setChosen] = useState<ReadonlySet<string | number>>(new Set());
  const withClosed = get('closed') === 'true';
  const alarms = usePages('GET /alarms', { query: { openOnly: !withClosed } }, { topics: ['alarms'] });
  const kinds = new Map(alarms.rows.map(({ id, kind }) => [id, kind]));
  return (
    <>
      <Panel
        title={t('alarms.tab.open')}
        flush
        actions={
          <span className="row tight">
            <Switch
              size="small"
              checked={withClosed}
              aria-label={t('alarms.withClosed')}
              onChange={(on) => set({ closed: on ? 'true' : null })}
            />
            <span className="small">{t('alarms.withClosed')}</span>
          </span>
        }
      >
        <List
          caption={t('nav.alarms')}
          rows={alarms.rows}
          rowKey={({ id }) => id}
          query={alarms}
          empty={t('alarms.none')}
          chosen={chosen}
          onChoose={setChosen}
          columns={[
            {
              key: 'kind',
              title: t('alarms.what'),
              lead: true,
              cell: (alarm) => (
                <div className="title-cell">
                  <strong>
                    {t(`alarm.${alarm.kind}`, { defaultValue: alarm.kind })} <SubjectLink alarm={alarm} />
                  </strong>
                  <Said text={alarm.message} className="small soft" />
                </div>
              ),
            },
            { key: 'severity', title: t('alarms.severity'), cell: ({ severity }) => <State state={severity} /> },
            { key: 'since', title: t('holds.since'), cell: ({ raisedAtMs }) => <Instant atMs={raisedAtMs} /> },
            { key: 'last', title: t('alarms.last'), cell: ({ lastAtMs }) => <Ago atMs={lastAtMs} /> },
            { key: 'times', title: t('alarms.times'), align: 'num', cell: ({ times }) => times },
            ...(withClosed
              ? [
                  {
                    key: 'closed',
                    title: t('alarms.closed'),
                    cell: ({ closedAtMs }: Alarm) => <Instant atMs={closedAtMs} />,
                  },
                ]
              : []),
          ]}
        />
      </Panel>
      <BulkBar
        chosen={chosen}
        nameOf={(id) => kinds.get(id) ?? `#${id}`}
        onDone={() => setChosen(new Set())}
        choices={[{ action: 'alarm.close' }]}
      />
    </>
  );
}

/** Where the thing lives that an alarm is about. */
function SubjectLink({ alarm }: { readonly alarm: Alarm }) {
  const { subjectKind, subjectId, subjectName } = alarm;
  const name = <Inert text={subjectName ?? subjectId} />;
  const first = encodeURIComponent(subjectId.split(/[, ]/)[0] ?? '');
  if (subjectKind === 'job' && /^\d+$/.test(subjectId)) return <Link to={`/jobs/${subjectId}`}>{name}</Link>;
  if (subjectKind === 'run') return <Link to={`/runs/${first}`}>{name}</Link>;
  if (subjectKind === 'chain')
    return <Link to={`/chains/${encodeURIComponent(subjectName ?? subjectId)}`}>{name}</Link>;
  if (subjectKind === 'chain run' || subjectKind === 'chain_run') return <Link to={`/?chainRun=${first}`}>{name}</Link>;
  return name;
}
