import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';
import { useRead } from '../../api/read.ts';
import { List } from '../../look/list.tsx';
import { LoadedPage } from '../../look/loaded-page.tsx';
import { Facts, Page, Panel } from '../../look/parts.tsx';
import { State } from '../../look/state.tsx';
import { Ago, Inert, Instant } from '../../look/values.tsx';
import { Nowhere } from '../nowhere.tsx';
import { DrainButton } from './drain-button.tsx';

export function ExecutorPage() {
  const executorId = Number(useParams().executorId);
  return Number.isSafeInteger(executorId) ? <OfExecutor executorId={executorId} /> : <Nowhere />;
}

function OfExecutor({ executorId }: { readonly executorId: number }) {
  const { t } = useTranslation();
  const view = useRead('GET /executors/:executorId', { params: { executorId } }, { topics: ['executors', 'tonight'] });
  return (
    <LoadedPage
      of={view}
      title={t('executors.number', { id: executorId })}
      back={{ to: '/executors', text: t('nav.executors') }}
    >
      {({ executor, doing }) => (
        <Page
          title={<Inert text={executor.address} />}
          lead={<State state={executor.isDrained && executor.state === 'alive' ? 'draining' : executor.state} />}
          actions={<DrainButton executor={executor} />}
        >
          <Panel>
            <div className="panel-top">
              <Facts
                items={[
                  [t('runs.group'), <Inert key="group" text={executor.group} />],
                  [t('executors.registered'), <Instant key="registered" atMs={executor.registeredAtMs} />],
                  [t('executors.beat'), <Ago key="beat" atMs={executor.lastBeatAtMs} />],
                  [t('executors.load'), executor.openAttempts],
                  [t('executors.signs'), executor.signs ? t('common.yes') : t('common.no')],
                  [
                    t('executors.labels'),
                    Object.keys(executor.labels).length === 0 ? (
                      t('common.none')
                    ) : (
                      <Inert
                        key="labels"
                        text={Object.entries(executor.labels)
                          .map(([name, value]) => `${name}=${value}`)
                          .join(', ')}
                      />
                    ),
                  ],
                ]}
              />
            </div>
          </Panel>
          <Panel title={t('executors.doing')} flush>
            <List
              caption={t('executors.doing')}
              rows={doing}
              rowKey={({ logId }) => logId}
              empty={t('executors.idle')}
              columns={[
                {
                  key: 'job',
                  title: t('runs.job'),
                  lead: true,
                  cell: ({ runId, job }) => (
                    <Link to={`/runs/${runId}`}>
                      <Inert text={job} /> <span className="soft">#{runId}</span>
                    </Link>
                  ),
                },
                {
                  key: 'shard',
                  title: t('run.phase.shard'),
                  align: 'num',
                  cell: ({ shardIndex, shardTotal }) =>
                    shardTotal === null ? shardIndex : t('run.shardOf', { no: shardIndex, total: shardTotal }),
                },
                { key: 'state', title: t('runs.state'), cell: ({ state }) => <State state={state} /> },
                { key: 'try', title: t('items.attempt'), align: 'num', cell: ({ attempt }) => attempt },
                { key: 'since', title: t('holds.since'), cell: ({ sinceMs }) => <Ago atMs={sinceMs} /> },
                {
                  key: 'log',
                  title: t('run.log'),
                  cell: ({ logId }) => <Link to={`/logs/${logId}`}>{t('run.log')}</Link>,
                },
              ]}
            />
          </Panel>
        </Page>
      )}
    </LoadedPage>
  );
}
