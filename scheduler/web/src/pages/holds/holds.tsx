import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay } from '../../app/session.tsx';
import { Page } from '../../look/parts.tsx';
import { Backfills } from './backfills.tsx';
import { HeldFires } from './held-fires.tsx';
import { HoldList } from './hold-list.tsx';
import { NewBackfill } from './new-backfill.tsx';
import { NewHold } from './new-hold.tsx';

/** What people have stopped, the fires that wait for that or for a person, and ranges of past dates. */
export function Holds() {
  const { t } = useTranslation();
  const may = useMay();
  const [dialog, setDialog] = useState<'hold' | 'backfill' | null>(null);
  return (
    <Page
      title={t('nav.holds')}
      actions={
        may('run') && (
          <>
            <Button onClick={() => setDialog('backfill')}>{t('backfill.new')}</Button>
            <Button type="primary" onClick={() => setDialog('hold')}>
              {t('holds.new')}
            </Button>
          </>
        )
      }
    >
      <HoldList />
      <HeldFires />
      <Backfills />
      {dialog === 'hold' && <NewHold onClose={() => setDialog(null)} />}
      {dialog === 'backfill' && <NewBackfill onClose={() => setDialog(null)} />}
    </Page>
  );
}
