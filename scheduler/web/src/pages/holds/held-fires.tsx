import { useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/client.ts';
import { useRead } from '../../api/read.ts';
import { useAsk } from '../../look/ask.tsx';
import { List } from '../../look/list.tsx';
import { Panel } from '../../look/parts.tsx';
import { Inert, Instant, Said } from '../../look/values.tsx';

export function HeldFires() {
  const { t } = useTranslation();
  const ask = useAsk();
  const client = useQueryClient();
  const fires = useRead('GET /held-fires', {}, { topics: ['jobs', 'alarms'] });
  const decide = (fireId: number, decision: 'run' | 'skip') =>
    ask({
      title: t(`heldFires.${decision}Title`),
      ok: t(`heldFires.${decision}`),
      needsReason: true,
      act: async (reason) => {
        await call('POST /held-fires/:fireId/decide', { params: { fireId }, body: { decision, reason } });
        void client.invalidateQueries();
      },
    });
  return (
    <Panel title={t('heldFires.title')} flush>
      <List
        caption={t('heldFires.title')}
        rows={fires.data?.items ?? []}
        rowKey={({ id }) => id}
        query={fires}
        empty={t('heldFires.none')}
        columns={[
          {
            key: 'what',
            title: t('holds.what'),
            lead: true,
            cell: ({ job, chain }) => (
              <strong>
                <Inert text={chain ?? job ?? ''} />
              </strong>
            ),
          },
          { key: 'planned', title: t('run.planned'), cell: ({ plannedAtMs }) => <Instant atMs={plannedAtMs} /> },
          { key: 'date', title: t('runs.date'), cell: ({ businessDate }) => businessDate },
          {
            key: 'reason',
            title: t('fires.reason'),
            cell: ({ reason }) => <Said text={reason ?? ''} className="small" />,
          },
          {
            key: 'do',
            title: '',
            cell: ({ id }) => (
              <span className="row tight">
                <Button size="small" onClick={() => decide(id, 'run')}>
                  {t('heldFires.run')}
                </Button>
                <Button size="small" onClick={() => decide(id, 'skip')}>
                  {t('heldFires.skip')}
                </Button>
              </span>
            ),
          },
        ]}
      />
    </Panel>
  );
}
