import { useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/client.ts';
import { useRead } from '../../api/read.ts';
import { useAsk } from '../../look/ask.tsx';
import { List } from '../../look/list.tsx';
import { Panel } from '../../look/parts.tsx';
import { State } from '../../look/state.tsx';
import { Inert } from '../../look/values.tsx';

export function Backfills() {
  const { t } = useTranslation();
  const ask = useAsk();
  const client = useQueryClient();
  const backfills = useRead('GET /backfills', {}, { topics: ['runs'] });
  const act = (backfillId: number, verb: 'pause' | 'resume' | 'cancel') =>
    ask({
      title: t(`backfill.${verb}Title`, { id: backfillId }),
      ok: t(`backfill.${verb}`),
      danger: verb === 'cancel',
      needsReason: true,
      act: async (reason) => {
        await call(`POST /backfills/:backfillId/${verb}`, { params: { backfillId }, body: { reason } });
        void client.invalidateQueries();
      },
    });
  return (
    <Panel title={t('backfill.title')} flush>
      <List
        caption={t('backfill.title')}
        rows={backfills.data?.items ?? []}
        rowKey={({ id }) => id}
        query={backfills}
        empty={t('backfill.none')}
        columns={[
          {
            key: 'what',
            title: t('holds.what'),
            lead: true,
            cell: ({ job, chain, id }) => (
              <strong>
                <Inert text={chain ?? job ?? ''} /> <span className="soft">#{id}</span>
              </strong>
            ),
          },
          { key: 'state', title: t('runs.state'), cell: ({ state }) => <State state={state} /> },
          {
            key: 'range',
            title: t('backfill.range'),
            cell: ({ fromDate, toDate }) => (
              <span className="nowrap">
                {fromDate} – {toDate}
              </span>
            ),
          },
          { key: 'next', title: t('backfill.next'), cell: ({ nextDate }) => nextDate ?? '–' },
          { key: 'progress', title: t('slice.done'), cell: ({ progress }) => <Progress progress={progress} /> },
          { key: 'by', title: t('run.by'), cell: ({ by }) => <Inert text={by} /> },
          {
            key: 'do',
            title: '',
            cell: ({ id, state }) => (
              <span className="row tight">
                {state === 'running' && (
                  <Button size="small" onClick={() => act(id, 'pause')}>
                    {t('backfill.pause')}
                  </Button>
                )}
                {state === 'paused' && (
                  <Button size="small" onClick={() => act(id, 'resume')}>
                    {t('backfill.resume')}
                  </Button>
                )}
                {(state === 'running' || state === 'paused') && (
                  <Button size="small" danger onClick={() => act(id, 'cancel')}>
                    {t('backfill.cancel')}
                  </Button>
                )}
              </span>
            ),
          },
        ]}
      />
    </Panel>
  );
}

function Progress({ progress }: { readonly progress: Readonly<Record<string, number>> }) {
  const { t } = useTranslation();
  return (
    <>
      {Object.entries(progress)
        .map(([state, n]) => t('run.count', { n, state: t(`state.${state}`, { defaultValue: state }) }))
        .join(', ')}
    </>
  );
}
