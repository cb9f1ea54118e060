import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { useRouteError } from 'react-router';
import { ProblemNote } from '../look/parts.tsx';

/** A page that threw: said, instead of a white screen. After an update of the server old files are gone: load anew. */
export function Broken() {
  const { t } = useTranslation();
  const error = useRouteError();
  return (
    <main className="shell-main">
      <div className="page">
        <h1>{t('broken.title')}</h1>
        <ProblemNote error={error} />
        <p>{t('broken.help')}</p>
        <div>
          <Button type="primary" onClick={() => window.location.reload()}>
            {t('broken.reload')}
          </Button>
        </div>
      </div>
    </main>
  );
}
