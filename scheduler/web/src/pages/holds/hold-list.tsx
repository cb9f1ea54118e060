import { useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/client.ts';
import { useRead } from '../../api/read.ts';
import { useAsk } from '../../look/ask.tsx';
import { List } from '../../look/list.tsx';
import { Panel } from '../../look/parts.tsx';
import { Ago, Inert } from '../../look/values.tsx';
import type { Scope } from './target-fields.tsx';

export function HoldList() {
  const { t } = useTranslation();
  const ask = useAsk();
  const client = useQueryClient();
  const holds = useRead('GET /holds', {}, { topics: ['jobs'] });
  const release = (scope: Scope, name: string) =>
    ask({
      title: t('holds.releaseTitle', { name: name === '' ? t('holds.scope.cluster') : name }),
      ok: t('holds.release'),
      needsReason: true,
      act: async (reason) => {
        await call('POST /holds/release', { body: { scope, reason, ...(name === '' ? {} : { name }) } });
        void client.invalidateQueries();
      },
    });
  return (
    <Panel title={t('holds.title')} flush>
      <List
        caption={t('holds.title')}
        rows={holds.data?.items ?? []}
        rowKey={({ scope, name }) => `${scope} ${name}`}
        query={holds}
        empty={t('holds.none')}
        columns={[
          {
            key: 'what',
            title: t('holds.what'),
            lead: true,
            cell: ({ scope, name }) => (
              <strong>
                {t(`holds.scope.${scope}`)} <Inert text={name} />
              </strong>
            ),
          },
          { key: 'reason', title: t('ask.reason'), cell: ({ reason }) => <Inert text={reason} /> },
          { key: 'by', title: t('run.by'), cell: ({ by }) => <Inert text={by} /> },
          { key: 'since', title: t('holds.since'), cell: ({ heldAtMs }) => <Ago atMs={heldAtMs} /> },
          { key: 'fires', title: t('holds.fires'), align: 'num', cell: ({ heldFires }) => heldFires },
          { key: 'then', title: t('holds.onResume'), cell: ({ onResume }) => t(`onResume.${onResume}`) },
          {
            key: 'do',
            title: '',
            cell: ({ scope, name }) => (
              <Button size="small" onClick={() => release(scope, name)}>
                {t('holds.release')}
              </Button>
            ),
          },
        ]}
      />
    </Panel>
  );
}
