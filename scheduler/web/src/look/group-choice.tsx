import { Select } from 'antd';
import { type ReactNode, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useRead } from '../api/read.ts';
import { keep, readKept } from '../app/browser-store.ts';
import { openingGroup } from '../pure/opening-group.ts';
import { Empty, Loaded, Panel } from './parts.tsx';
import { useSearch } from './use-search.ts';

/**
 * The group whose executors a page asks. It stands in the address, so that a link shows the same to somebody else; without
 * one the page opens where its person was last, and puts that into the address.
 */
export function useGroupChoice() {
  const [get, set] = useSearch();
  const groups = useRead('GET /groups');
  const known = groups.data?.items ?? [];
  const asked = get('group');
  const opening = openingGroup(known, readKept('group'));
  const group = asked === '' ? opening : asked;
  const isKnown = known.some(({ name }) => name === asked);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `set` is new each time, and reads the address as it is
  useEffect(() => {
    if (asked === '' && opening !== '') set({ group: opening });
    if (isKnown && asked !== opening) keep('group', asked);
  }, [asked, opening, isKnown]);
  return { group, groups, names: known.map(({ name }) => name) };
}

export type GroupChoice = ReturnType<typeof useGroupChoice>;

export function GroupSelect({
  choice: { group, names },
  onChoose,
}: {
  readonly choice: GroupChoice;
  readonly onChoose: (group: string) => void;
}) {
  const { t } = useTranslation();
  return (
    <Select
      aria-label={t('runs.group')}
      value={group === '' ? null : group}
      showSearch
      options={names.map((name) => ({ value: name, label: name }))}
      onChange={onChoose}
      style={{ minWidth: 160, maxWidth: '100%' }}
    />
  );
}

/** What is asked of the group, or why there is none to ask. */
export function OfGroup({
  choice: { group, groups },
  children,
}: {
  readonly choice: GroupChoice;
  readonly children: (group: string) => ReactNode;
}) {
  const { t } = useTranslation();
  return (
    <Loaded of={groups}>
      {() =>
        group === '' ? (
          <Panel>
            <Empty>{t('groups.none')}</Empty>
          </Panel>
        ) : (
          children(group)
        )
      }
    </Loaded>
  );
}
