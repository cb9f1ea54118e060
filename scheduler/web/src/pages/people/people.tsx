import { Segmented } from 'antd';
import { useTranslation } from 'react-i18next';
import { AdminsOnly } from '../../app/admins-only.tsx';
import { Page } from '../../look/parts.tsx';
import { useSearch } from '../../look/use-search.ts';
import { Keys } from './keys.tsx';
import { Users } from './users.tsx';

export function People() {
  const { t } = useTranslation();
  return (
    <AdminsOnly title={t('nav.users')}>
      <UsersAndKeys />
    </AdminsOnly>
  );
}

function UsersAndKeys() {
  const { t } = useTranslation();
  const [get, set] = useSearch();
  const tab = get('tab') === 'keys' ? 'keys' : 'users';
  return (
    <Page
      title={t('nav.users')}
      actions={
        <Segmented
          aria-label={t('nav.users')}
          value={tab}
          options={[
            { value: 'users', label: t('people.users') },
            { value: 'keys', label: t('people.keys') },
          ]}
          onChange={(next) => set({ tab: next === 'keys' ? 'keys' : null })}
        />
      }
    >
      {tab === 'users' ? <Users /> : <Keys />}
    </Page>
  );
}
