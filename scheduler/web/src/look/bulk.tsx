import { useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Body } from '../../../api/admin/contract/routes.ts';
import { call, newRequestId } from '../api/client.ts';
import { useSession } from '../app/session.tsx';
import { useAsk } from './ask.tsx';
import { keepBulk } from './bulk-kept.ts';

type BulkAction = Body<'POST /bulk'>['action'];

interface BulkChoice {
  readonly action: BulkAction;
  readonly danger?: true;
  /** What is sent beside it, asked in the dialog. */
  readonly tag?: () => string;
  readonly extra?: ReactNode;
}

/** The bar below a list in which rows are chosen: what can be done with them. What becomes of each is the shell's to show. */
export function BulkBar({
  chosen,
  choices,
  nameOf,
  onDone,
}: {
  readonly chosen: ReadonlySet<string | number>;
  readonly choices: readonly BulkChoice[];
  readonly nameOf: (id: number) => string;
  readonly onDone: () => void;
}) {
  const { t } = useTranslation();
  const ask = useAsk();
  const client = useQueryClient();
  const { principal } = useSession();
  if (chosen.size === 0) return null;
  const ids = [...chosen].map(Number);
  const start = ({ action, danger, tag, extra }: BulkChoice) => {
    const requestId = newRequestId();
    ask({
      title: t(`bulk.${action}.ask`, { count: ids.length }),
      body: (
        <>
          <p className="soft">{ids.slice(0, 8).map(nameOf).join(', ') + (ids.length > 8 ? ' …' : '')}</p>
          {extra}
        </>
      ),
      ok: t(`bulk.${action}`),
      danger: danger === true,
      needsReason: true,
      act: async (reason) => {
        const named = tag?.() ?? '';
        const reply = await call('POST /bulk', {
          body: { action, ids, reason, requestId, ...(named === '' ? {} : { tag: named }) },
        });
        const { operationId } = reply;
        client.setQueryData(['bulk', operationId], reply);
        keepBulk({
          operationId,
          action,
          by: principal.name,
          names: Object.fromEntries(ids.map((id) => [id, nameOf(id)])),
        });
        onDone();
        void client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'bulk' });
      },
    });
  };
  return (
    <section className="bar-chosen" aria-label={t('bulk.region')}>
      <strong>{t('bulk.chosen', { count: chosen.size })}</strong>
      {choices.map((choice) => (
        <Button key={choice.action} size="small" danger={choice.danger === true} onClick={() => start(choice)}>
          {t(`bulk.${choice.action}`)}
        </Button>
      ))}
      <span className="grow" />
      <Button size="small" onClick={onDone}>
        {t('bulk.clear')}
      </Button>
    </section>
  );
}
