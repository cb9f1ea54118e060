import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { Empty, Page } from '../look/parts.tsx';

export function Nowhere() {
  const { t } = useTranslation();
  return (
    <Page title={t('nowhere.title')}>
      <Empty>
        <Link to="/">{t('nav.tonight')}</Link>
      </Empty>
    </Page>
  );
}
