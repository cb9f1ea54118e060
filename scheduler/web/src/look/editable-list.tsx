import { useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAsk } from './ask.tsx';
import { Icon } from './icon.tsx';
import { type Column, List } from './list.tsx';
import { Panel } from './parts.tsx';
import { State } from './state.tsx';
import { Inert } from './values.tsx';

interface Row {
  readonly id: number;
  readonly name: string;
  readonly enabled: boolean;
}

/** A short list of what is made, changed in a dialog, turned off, and taken away: the panel, its columns and its buttons. */
export function EditableList<T extends Row>({
  title,
  newText,
  empty,
  query,
  columns,
  rowActions,
  dialog,
  remove,
}: {
  readonly title: string;
  readonly newText: string;
  readonly empty: string;
  readonly query: {
    readonly data: { readonly items: readonly T[] } | undefined;
    readonly isPending: boolean;
    readonly error: unknown;
    readonly refetch: () => unknown;
  };
  /** Between the name and whether it is on. */
  readonly columns: readonly Column<T>[];
  readonly rowActions?: (row: T) => ReactNode;
  /** `row` null: a new one. */
  readonly dialog: (row: T | null, onClose: () => void) => ReactNode;
  readonly remove: (id: number) => Promise<unknown>;
}) {
  const { t } = useTranslation();
  const ask = useAsk();
  const client = useQueryClient();
  const [editing, setEditing] = useState<T | 'new' | null>(null);
  const askToRemove = ({ id, name }: T) =>
    ask({
      title: t('job.removeTitle', { name }),
      ok: t('common.remove'),
      danger: true,
      act: async () => {
        await remove(id);
        void client.invalidateQueries();
      },
    });
  const name: Column<T> = {
    key: 'name',
    title: t('enter.name'),
    lead: true,
    cell: (row) => (
      <strong>
        <Inert text={row.name} />
      </strong>
    ),
  };
  const state: Column<T> = {
    key: 'state',
    title: t('runs.state'),
    cell: ({ enabled }) => <State state={enabled ? 'enabled' : 'disabled'} />,
  };
  const actions: Column<T> = {
    key: 'do',
    title: '',
    cell: (row) => (
      <span className="row tight">
        {rowActions?.(row)}
        <Button size="small" onClick={() => setEditing(row)}>
          {t('job.edit')}
        </Button>
        <Button size="small" danger onClick={() => askToRemove(row)}>
          {t('common.remove')}
        </Button>
      </span>
    ),
  };
  return (
    <Panel
      title={title}
      flush
      actions={
        <Button type="primary" icon={<Icon name="plus" size={15} />} onClick={() => setEditing('new')}>
          {newText}
        </Button>
      }
    >
      <List
        caption={title}
        rows={query.data?.items ?? []}
        rowKey={({ id }) => id}
        query={query}
        empty={empty}
        columns={[name, ...columns, state, actions]}
      />
      {editing !== null && dialog(editing === 'new' ? null : editing, () => setEditing(null))}
    </Panel>
  );
}
