import { useQueryClient } from '@tanstack/react-query';
import { InputNumber } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call, type Reply } from '../../api/client.ts';
import { useLanguage } from '../../app/preferences.ts';
import { useAsk } from '../../look/ask.tsx';
import { Dialog } from '../../look/dialog.tsx';
import { Field } from '../../look/field.tsx';
import { ProblemNote } from '../../look/parts.tsx';
import { problemAt } from '../../look/problem-at.ts';
import { Instant } from '../../look/values.tsx';
import { formatCount } from '../../pure/format.ts';

type Preview = Reply<'GET /clearing'>;

/** First what would go, then a reason, then it goes. */
export function Clearing({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const ask = useAsk();
  const language = useLanguage();
  const client = useQueryClient();
  const [days, setDays] = useState<number | null>(90);
  const [keep, setKeep] = useState<number | null>(null);
  const [preview, setPreview] = useState<Preview | null>(null);
  const [error, setError] = useState<unknown>(null);
  const which = { ...(days === null ? {} : { olderThanDays: days }), ...(keep === null ? {} : { keepLast: keep }) };
  const look = async () => {
    setError(null);
    try {
      setPreview(await call('GET /clearing', { query: which }));
    } catch (problem) {
      setError(problem);
    }
  };
  const clear = () => {
    if (preview === null) return;
    onClose();
    ask({
      title: t('clearing.ask', { count: preview.runs, shown: formatCount(preview.runs, language) }),
      body: <p>{t('clearing.askHelp')}</p>,
      ok: t('clearing.do'),
      danger: true,
      needsReason: true,
      act: async (reason) => {
        let more = true;
        let expected = preview.runs;
        while (more && expected > 0) {
          const done = await call('POST /clearing', { body: { ...which, expected, reason } });
          expected -= done.deleted;
          more = done.more && done.deleted > 0;
        }
        void client.invalidateQueries();
      },
    });
  };
  return (
    <Dialog
      title={t('clearing.title')}
      onCancel={onClose}
      okText={preview === null ? t('clearing.preview') : t('common.next')}
      cancelText={t('common.cancel')}
      onOk={() => (preview === null ? void look() : clear())}
      okButtonProps={{ disabled: (days === null && keep === null) || preview?.runs === 0 }}
    >
      <div className="stack">
        <Field label={t('clearing.days')} problem={problemAt(error, 'olderThanDays')}>
          {(input) => (
            <InputNumber
              {...input}
              min={0}
              value={days}
              onChange={(next) => {
                setDays(next);
                setPreview(null);
              }}
            />
          )}
        </Field>
        <Field label={t('clearing.keep')} help={t('clearing.keepHelp')} problem={problemAt(error, 'keepLast')}>
          {(input) => (
            <InputNumber
              {...input}
              min={0}
              value={keep}
              onChange={(next) => {
                setKeep(next);
                setPreview(null);
              }}
            />
          )}
        </Field>
        {preview !== null && (
          <p className="note" role="status">
            <Found preview={preview} />
          </p>
        )}
        {error !== null && <ProblemNote error={error} />}
      </div>
    </Dialog>
  );
}

function Found({ preview }: { readonly preview: Preview }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const { runs, attempts, oldestAtMs, newestAtMs } = preview;
  if (runs === 0) return <span>{t('clearing.nothing')}</span>;
  return (
    <span>
      {t('clearing.runs', { count: runs, shown: formatCount(runs, language) })},{' '}
      {t('clearing.attempts', { count: attempts, shown: formatCount(attempts, language) })}:{' '}
      <Instant atMs={oldestAtMs} style="day" /> – <Instant atMs={newestAtMs} style="day" />
    </span>
  );
}
