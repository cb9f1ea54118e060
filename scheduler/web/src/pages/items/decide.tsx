import { useQueryClient } from '@tanstack/react-query';
import { App, Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { call } from '../../api/client.ts';
import { useRead } from '../../api/read.ts';
import { useWording } from '../../app/preferences.ts';
import { useMay } from '../../app/session.tsx';
import { useAsk } from '../../look/ask.tsx';
import { useProblemWords } from '../../look/parts.tsx';
import type { Item } from './item-columns.tsx';
import { Named } from './named.tsx';

/** Asking costs nothing; deciding by hand needs two people, and an item that nothing else can resolve. */
export function Decide({
  group,
  requestNo,
  item,
  isAsked,
  isWithPeople,
}: {
  readonly group: string;
  readonly requestNo: string;
  readonly item: Item;
  /** The downstream is asked about it by itself, so it can be asked at once. */
  readonly isAsked: boolean;
  readonly isWithPeople: boolean;
}) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { message } = App.useApp();
  const words = useProblemWords();
  const wording = useWording();
  const may = useMay();
  const [isAsking, setIsAsking] = useState(false);
  if (!may('run', group)) return null;
  const askNow = async () => {
    setIsAsking(true);
    try {
      const { asked, text } = await call('POST /items/ask-now', { body: { group, requestNo } });
      if (asked) void message.success(t('items.asked'));
      else void message.warning(text === null ? t('items.notAsked') : wording(text));
      await client.invalidateQueries();
    } catch (error) {
      void message.error(words(error));
    }
    setIsAsking(false);
  };
  return (
    <div className="row">
      {isAsked && (
        <Button type="primary" loading={isAsking} onClick={() => void askNow()}>
          {t('items.askNow')}
        </Button>
      )}
      {isWithPeople ? (
        <ByHand group={group} requestNo={requestNo} item={item} />
      ) : (
        <span className="soft small">{t('items.notByHand')}</span>
      )}
    </div>
  );
}

/** What one person asks for and another decides; asked for once, it is not asked for again. */
function ByHand({
  group,
  requestNo,
  item,
}: {
  readonly group: string;
  readonly requestNo: string;
  readonly item: Item;
}) {
  const { t } = useTranslation();
  const ask = useAsk();
  const client = useQueryClient();
  const { message } = App.useApp();
  const open = useRead('GET /approvals', { query: { state: 'open', limit: 200 } }, { topics: ['approvals'] });
  const asked = open.data?.items.find(({ kind, order }) => kind === 'item.resolve' && order.requestNo === requestNo);
  if (asked !== undefined) {
    return (
      <p>
        {t('items.askedFor', { as: t(`items.as.${String(asked.order.as)}`), by: asked.askedBy })}{' '}
        <Link to="/approvals">{t('nav.approvals')}</Link>
      </p>
    );
  }
  const resolve = (as: 'success' | 'failed' | 'retry') =>
    ask({
      title: t(`items.as.${as}Title`),
      body: (
        <>
          <Named requestNo={requestNo} amountMinor={item.amountMinor} currency={item.currency} />
          <p className="note">{t('items.twoPeople')}</p>
        </>
      ),
      ok: t('items.askFor'),
      needsReason: true,
      act: async (reason) => {
        await call('POST /items/resolve', { body: { group, requestNo, as, reason } });
        void message.success(t('items.waits'));
        void client.invalidateQueries();
      },
    });
  return (['success', 'failed', 'retry'] as const).map((as) => (
    <Button key={as} onClick={() => resolve(as)}>
      {t(`items.as.${as}`)}
    </Button>
  ));
}
