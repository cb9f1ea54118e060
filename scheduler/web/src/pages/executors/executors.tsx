import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay } from '../../app/session.tsx';
import { Icon } from '../../look/icon.tsx';
import { Page } from '../../look/parts.tsx';
import { ExecutorList } from './executor-list.tsx';
import { GroupDialog } from './group-dialog.tsx';
import { type Group, GroupList } from './group-list.tsx';
import { JoinDialog } from './join-dialog.tsx';

export function Executors() {
  const { t } = useTranslation();
  const may = useMay();
  const [editing, setEditing] = useState<Group | 'new' | null>(null);
  const [joining, setJoining] = useState<string | null>(null);
  return (
    <Page
      title={t('nav.executors')}
      actions={
        may('edit', '*') && (
          <Button type="primary" icon={<Icon name="plus" size={15} />} onClick={() => setEditing('new')}>
            {t('groups.new')}
          </Button>
        )
      }
    >
      <GroupList onEdit={setEditing} onJoin={setJoining} />
      <ExecutorList />
      {editing !== null && <GroupDialog group={editing} onClose={() => setEditing(null)} />}
      {joining !== null && <JoinDialog group={joining} onClose={() => setJoining(null)} />}
    </Page>
  );
}
