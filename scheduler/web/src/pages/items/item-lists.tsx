import { useTranslation } from 'react-i18next';
import { ApiProblem } from '../../api/client.ts';
import { usePages } from '../../api/read.ts';
import { List } from '../../look/list.tsx';
import { Panel } from '../../look/parts.tsx';
import { useStateWord } from '../../look/state.tsx';
import { keyOf, useItemColumns } from './item-columns.tsx';

/** What has no last state: first what waits for people, for nothing else moves it; then what is found out by itself. */
export function OpenItems({ group, state }: { readonly group: string; readonly state: string }) {
  return (
    <>
      {(state === '' || state === 'MANUAL') && <WithPeople group={group} isAlone={state !== ''} />}
      {state !== 'MANUAL' && <ByItself group={group} state={state} />}
    </>
  );
}

function WithPeople({ group, isAlone }: { readonly group: string; readonly isAlone: boolean }) {
  const { t } = useTranslation();
  const word = useStateWord();
  const columns = useItemColumns(false);
  const items = usePages(
    'GET /items/unresolved',
    { query: { group, state: 'MANUAL' } },
    { topics: ['tonight', 'approvals'] },
  );
  // What nobody here answers is said once, by the list below.
  if (!isAlone && items.error instanceof ApiProblem && items.rows.length === 0) return null;
  return (
    <Panel title={word('MANUAL')} flush>
      <List
        caption={word('MANUAL')}
        rows={items.rows}
        rowKey={keyOf}
        query={items}
        notThere={t('list.notAnswered')}
        empty={t('items.nothingForPeople')}
        columns={columns}
      />
    </Panel>
  );
}

function ByItself({ group, state }: { readonly group: string; readonly state: string }) {
  const { t } = useTranslation();
  const word = useStateWord();
  const columns = useItemColumns(true);
  const title = state === '' ? t('items.byItself') : word(state);
  const items = usePages(
    'GET /items/unresolved',
    { query: { group, ...(state === '' ? {} : { state }) } },
    { topics: ['tonight'] },
  );
  return (
    <Panel title={title} flush>
      <List
        caption={title}
        rows={items.rows}
        rowKey={keyOf}
        query={items}
        notThere={t('list.notAnswered')}
        empty={t('items.nothingInTheAir')}
        columns={columns}
      />
    </Panel>
  );
}

export function FoundItems({ group, q }: { readonly group: string; readonly q: string }) {
  const { t } = useTranslation();
  const columns = useItemColumns(false);
  const items = usePages('GET /items', { query: { group, q } });
  return (
    <Panel title={t('items.found')} flush>
      <List
        caption={t('items.found')}
        rows={items.rows}
        rowKey={keyOf}
        query={items}
        notThere={t('list.notAnswered')}
        empty={t('items.none')}
        columns={columns}
      />
    </Panel>
  );
}
