import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Empty, Page, Panel } from '../look/parts.tsx';
import { useMay } from './session.tsx';

/** A place that is not in the menu of others, for those who come by its address. What the API says is what counts. */
export function AdminsOnly({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  const { t } = useTranslation();
  const may = useMay();
  if (may('admin')) return children;
  return (
    <Page title={title}>
      <Panel>
        <Empty>{t('people.adminsOnly')}</Empty>
      </Panel>
    </Page>
  );
}
