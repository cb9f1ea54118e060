import './run.css';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { useNavigate, useParams } from 'react-router';
import { Icon } from '../../look/icon.tsx';
import { Page } from '../../look/parts.tsx';
import { Nowhere } from '../nowhere.tsx';
import { LogView } from './log-view.tsx';

export function LogPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const logId = Number(useParams().logId);
  if (!Number.isSafeInteger(logId)) return <Nowhere />;
  return (
    <Page
      title={t('log.title', { id: logId })}
      actions={
        <Button icon={<Icon name="back" />} onClick={() => void navigate(-1)}>
          {t('common.back')}
        </Button>
      }
    >
      <section className="panel" aria-label={t('log.title', { id: logId })}>
        <LogView key={logId} logId={logId} />
      </section>
    </Page>
  );
}
