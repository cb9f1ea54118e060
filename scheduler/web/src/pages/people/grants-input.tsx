import './audit.css';
import { Button, Checkbox, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Reply } from '../../api/client.ts';
import { useRead } from '../../api/read.ts';
import { Icon } from '../../look/icon.tsx';
import { Inert } from '../../look/values.tsx';

export type Grants = Reply<'GET /users'>['items'][number]['grants'];
const PERMISSIONS = ['view', 'run', 'edit', 'approve'] as const;

/** What somebody may in which group. Whoever may more may view as well. */
export function GrantsInput({
  value,
  onChange,
}: {
  readonly value: Grants;
  readonly onChange: (next: Grants) => void;
}) {
  const { t } = useTranslation();
  const groups = useRead('GET /groups');
  const names = ['*', ...(groups.data?.items.map(({ name }) => name) ?? [])].filter(
    (name) => !value.some(({ group }) => group === name),
  );
  return (
    <div className="stack tight">
      {value.map(({ group, permissions }) => (
        <div key={group} className="row between grant">
          <strong>{group === '*' ? t('grants.everywhere') : <Inert text={group} />}</strong>
          <span className="row tight">
            <Checkbox.Group
              value={permissions}
              options={PERMISSIONS.map((permission) => ({ value: permission, label: t(`permission.${permission}`) }))}
              onChange={(next) =>
                onChange(value.map((grant) => (grant.group === group ? { group, permissions: next } : grant)))
              }
            />
            <Button
              type="text"
              size="small"
              aria-label={t('grants.remove', { group })}
              icon={<Icon name="trash" size={14} />}
              onClick={() => onChange(value.filter((grant) => grant.group !== group))}
            />
          </span>
        </div>
      ))}
      <Select
        aria-label={t('grants.add')}
        placeholder={t('grants.add')}
        value={null}
        options={names.map((name) => ({ value: name, label: name === '*' ? t('grants.everywhere') : name }))}
        onChange={(group: string | null) => group !== null && onChange([...value, { group, permissions: ['view'] }])}
      />
    </div>
  );
}

export function GrantsText({ isAdmin, grants }: { readonly isAdmin: boolean; readonly grants: Grants }) {
  const { t } = useTranslation();
  if (isAdmin) return <span className="pill tone-run">{t('people.admin')}</span>;
  if (grants.length === 0) return <span className="soft">{t('common.none')}</span>;
  return (
    <span className="stack tight small">
      {grants.map(({ group, permissions }) => (
        <span key={group}>
          {group === '*' ? t('grants.everywhere') : <Inert text={group} />}:{' '}
          {permissions.map((permission) => t(`permission.${permission}`)).join(', ')}
        </span>
      ))}
    </span>
  );
}
