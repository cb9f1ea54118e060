import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/client.ts';
import type { Reply } from '../../api/read.ts';
import { Dialog } from '../../look/dialog.tsx';
import { ProblemNote } from '../../look/parts.tsx';
import { Secret } from '../../look/secret.tsx';
import { Ago } from '../../look/values.tsx';

export function JoinDialog({ group, onClose }: { readonly group: string; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const [made, setMade] = useState<Reply<'POST /groups/:group/join-token'> | null>(null);
  const [error, setError] = useState<unknown>(null);
  const make = async () => {
    setError(null);
    try {
      setMade(await call('POST /groups/:group/join-token', { params: { group } }));
    } catch (problem) {
      setError(problem);
    }
  };
  return (
    <Dialog title={t('groups.joinTitle', { group })} footer={null} onCancel={onClose} width={640}>
      <div className="stack">
        <p>{t('groups.joinHelp', { group })}</p>
        {made === null ? (
          <div>
            <Button type="primary" onClick={() => void make()}>
              {t('groups.joinMake')}
            </Button>
          </div>
        ) : (
          <>
            <Secret text={made.command} help={t('secret.once')} />
            <span className="soft small">
              {t('groups.joinUntil')} <Ago atMs={made.expiresAtMs} />
            </span>
          </>
        )}
        {error !== null && <ProblemNote error={error} />}
      </div>
    </Dialog>
  );
}
