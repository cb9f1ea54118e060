import './items.css';
import { Input } from 'antd';
import { useTranslation } from 'react-i18next';
import { Choose } from '../../look/choose.tsx';
import { GroupSelect, OfGroup, useGroupChoice } from '../../look/group-choice.tsx';
import { SearchSign } from '../../look/icon.tsx';
import { Page } from '../../look/parts.tsx';
import { useStateWord } from '../../look/state.tsx';
import { useSearch } from '../../look/use-search.ts';
import { OPEN_STATES } from './item-columns.tsx';
import { ItemHistory } from './item-history.tsx';
import { FoundItems, OpenItems } from './item-lists.tsx';

/** Single debits: what is not resolved, what is searched for, and everything known of one. */
export function Items() {
  const { t } = useTranslation();
  const word = useStateWord();
  const [get, set] = useSearch();
  const choice = useGroupChoice();
  const search = get('q');
  const request = get('request');
  return (
    <Page title={t('nav.items')}>
      <div className="filters">
        <GroupSelect choice={choice} onChoose={(group) => set({ group, request: null })} />
        <Input.Search
          key={search}
          aria-label={t('items.search')}
          placeholder={t('items.search')}
          defaultValue={search}
          maxLength={100}
          allowClear
          enterButton={<SearchSign />}
          style={{ width: 380, maxWidth: '100%' }}
          onSearch={(q) => set({ q: q.trim(), request: null })}
        />
        {search === '' && (
          <Choose
            label={t('runs.state')}
            value={get('state')}
            width={220}
            options={OPEN_STATES.map((state) => ({ value: state, label: word(state) }))}
            onChange={(state) => set({ state })}
          />
        )}
      </div>
      <OfGroup choice={choice}>
        {(group) => (
          <>
            {request !== '' && (
              <ItemHistory key={request} group={group} requestNo={request} onClose={() => set({ request: null })} />
            )}
            {search === '' ? <OpenItems group={group} state={get('state')} /> : <FoundItems group={group} q={search} />}
          </>
        )}
      </OfGroup>
    </Page>
  );
}
