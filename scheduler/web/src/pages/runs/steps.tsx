import { useTranslation } from 'react-i18next';
import { usePages } from '../../api/read.ts';
import { useLanguage } from '../../app/preferences.ts';
import { List } from '../../look/list.tsx';
import { Panel } from '../../look/parts.tsx';
import { State } from '../../look/state.tsx';
import { Duration, Inert, Instant, Said } from '../../look/values.tsx';
import { formatCount } from '../../pure/format.ts';

/** As runs are called: in capitals these are words about money. */
const WORDS = {
  RUNNING: 'running',
  COMPLETED: 'succeeded',
  FAILED: 'failed',
  STOPPED: 'paused',
  UNKNOWN: 'lost',
} as const;

/** How far the batch jobs in its shards are, asked of an executor; most runs have none, and then there is no place for it. */
export function Steps({ runId }: { readonly runId: number }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const steps = usePages(
    'GET /runs/:runId/steps',
    { params: { runId }, query: { limit: 50 } },
    { topics: [`run:${runId}`] },
  );
  if (steps.rows.length === 0) return null;
  const count = (of: number) => formatCount(of, language);
  return (
    <Panel title={t('run.steps')} flush>
      <List
        caption={t('run.steps')}
        rows={steps.rows}
        rowKey={({ instanceId, step }) => `${instanceId} ${step ?? ''}`}
        query={steps}
        empty={t('step.none')}
        columns={[
          {
            key: 'step',
            title: t('step.name'),
            lead: true,
            cell: ({ batchJob, step, shardIndex, shardTotal }) => (
              <span>
                <strong>
                  <Inert text={step ?? batchJob} />
                </strong>{' '}
                <span className="soft">
                  {t('run.phase.shard')} {shardIndex} / {shardTotal}
                </span>
              </span>
            ),
          },
          {
            key: 'state',
            title: t('runs.state'),
            cell: ({ status, stepState, message }) => (
              <span>
                <State state={WORDS[stepState === 'COMPLETED' ? 'COMPLETED' : status]} />
                {message !== null && stepState !== 'COMPLETED' && (
                  <span className="small soft">
                    {' '}
                    <Said text={message} />
                  </span>
                )}
              </span>
            ),
          },
          { key: 'read', title: t('step.read'), align: 'num', cell: ({ read }) => count(read) },
          { key: 'written', title: t('step.written'), align: 'num', cell: ({ written }) => count(written) },
          {
            key: 'left',
            title: t('step.left'),
            align: 'num',
            cell: ({ filtered, skipped }) => `${count(filtered)} / ${count(skipped)}`,
          },
          { key: 'begun', title: t('step.begun'), cell: ({ startedAtMs }) => <Instant atMs={startedAtMs} /> },
          {
            key: 'took',
            title: t('step.took'),
            align: 'num',
            cell: ({ startedAtMs, endedAtMs, updatedAtMs }) => {
              const end = endedAtMs ?? updatedAtMs;
              return <Duration ms={startedAtMs === null || end === null ? null : end - startedAtMs} />;
            },
          },
        ]}
      />
    </Panel>
  );
}
