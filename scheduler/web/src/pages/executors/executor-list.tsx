import { Switch } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useRead } from '../../api/read.ts';
import { List } from '../../look/list.tsx';
import { Panel } from '../../look/parts.tsx';
import { State } from '../../look/state.tsx';
import { useSearch } from '../../look/use-search.ts';
import { Ago, Inert } from '../../look/values.tsx';
import { DrainButton } from './drain-button.tsx';

export function ExecutorList() {
  const { t } = useTranslation();
  const [get, set] = useSearch();
  const withGone = get('gone') === 'true';
  const query = { ...(withGone ? { gone: true } : {}), ...(get('group') === '' ? {} : { group: get('group') }) };
  const executors = useRead('GET /executors', { query }, { topics: ['executors'] });
  return (
    <Panel
      title={t('nav.executors')}
      flush
      actions={
        <span className="row tight">
          <Switch
            size="small"
            checked={withGone}
            onChange={(on) => set({ gone: on ? 'true' : null })}
            aria-label={t('executors.withGone')}
          />
          <span className="small">{t('executors.withGone')}</span>
        </span>
      }
    >
      <List
        caption={t('nav.executors')}
        rows={executors.data?.items ?? []}
        rowKey={({ id }) => id}
        query={executors}
        empty={t('executors.none')}
        columns={[
          {
            key: 'address',
            title: t('executors.address'),
            lead: true,
            cell: ({ id, address }) => (
              <Link to={`/executors/${id}`}>
                <Inert text={address} />
              </Link>
            ),
          },
          {
            key: 'state',
            title: t('runs.state'),
            cell: ({ state, isDrained }) => <State state={isDrained && state === 'alive' ? 'draining' : state} />,
          },
          { key: 'group', title: t('runs.group'), cell: ({ group }) => <Inert text={group} /> },
          { key: 'load', title: t('executors.load'), align: 'num', cell: ({ openAttempts }) => openAttempts },
          { key: 'beat', title: t('executors.beat'), cell: ({ lastBeatAtMs }) => <Ago atMs={lastBeatAtMs} /> },
          {
            key: 'labels',
            title: t('executors.labels'),
            cell: ({ labels, signs }) => (
              <span className="row tight">
                {Object.entries(labels).map(([name, value]) => (
                  <span key={name} className="tag">
                    <Inert text={`${name}=${value}`} />
                  </span>
                ))}
                {!signs && <span className="tag">{t('executors.unsigned')}</span>}
              </span>
            ),
          },
          { key: 'do', title: '', cell: (executor) => <DrainButton executor={executor} /> },
        ]}
      />
    </Panel>
  );
}
