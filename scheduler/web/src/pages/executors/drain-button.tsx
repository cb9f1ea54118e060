import { useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/client.ts';
import type { Reply } from '../../api/read.ts';
import { useMay } from '../../app/session.tsx';
import { useAsk } from '../../look/ask.tsx';

type Executor = Reply<'GET /executors'>['items'][number];

export function DrainButton({ executor }: { readonly executor: Executor }) {
  const { t } = useTranslation();
  const ask = useAsk();
  const may = useMay();
  const client = useQueryClient();
  if (!may('run', executor.group) || executor.state === 'gone') return null;
  const verb = executor.isDrained ? 'undrain' : 'drain';
  return (
    <Button
      size="small"
      onClick={() =>
        ask({
          title: t(`executors.${verb}Title`, { address: executor.address }),
          body: <p>{t(`executors.${verb}Help`)}</p>,
          ok: t(`executors.${verb}`),
          needsReason: true,
          act: async (reason) => {
            await call(`POST /executors/:executorId/${verb}`, {
              params: { executorId: executor.id },
              body: { reason },
            });
            void client.invalidateQueries();
          },
        })
      }
    >
      {t(`executors.${verb}`)}
    </Button>
  );
}
