import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { usePages, useRead } from '../../api/read.ts';
import { useMay } from '../../app/session.tsx';
import { LabelFilters, NameCell, OnCell, OnFilter, onQuery, Tags } from '../../edit/definition-cells.tsx';
import { pathOf } from '../../edit/definition-ref.ts';
import { ScheduleWords } from '../../edit/schedule-words.tsx';
import { SearchBox } from '../../look/choose.tsx';
import { Icon } from '../../look/icon.tsx';
import { List } from '../../look/list.tsx';
import { Page, Panel } from '../../look/parts.tsx';
import { StateMark } from '../../look/state.tsx';
import { filled, useSearch } from '../../look/use-search.ts';
import { Ago, Inert } from '../../look/values.tsx';

export function Chains() {
  const { t } = useTranslation();
  const may = useMay();
  const [get, set] = useSearch();
  const query = filled({
    search: get('search'),
    tag: get('tag'),
    owner: get('owner'),
    ...onQuery(get),
  });
  const filters = useRead('GET /chain-filters');
  const chains = usePages('GET /chains', { query }, { topics: ['jobs', 'tonight'] });
  return (
    <Page
      title={t('nav.chains')}
      actions={
        <>
          <Link to="/calendars">
            <Button tabIndex={-1}>{t('nav.calendars')}</Button>
          </Link>
          {may('edit') && (
            <Link to="/chains/new">
              <Button type="primary" icon={<Icon name="plus" size={15} />} tabIndex={-1}>
                {t('chains.new')}
              </Button>
            </Link>
          )}
        </>
      }
    >
      <div className="filters">
        <SearchBox label={t('chains.search')} value={get('search')} onChange={(search) => set({ search })} />
        <LabelFilters filters={filters.data} />
        <OnFilter />
      </div>
      <Panel flush>
        <List
          caption={t('nav.chains')}
          rows={chains.rows}
          rowKey={({ name }) => name}
          query={chains}
          empty={t('chains.none')}
          columns={[
            {
              key: 'name',
              title: t('runs.chain'),
              lead: true,
              cell: ({ name, title }) => <NameCell to={pathOf({ chain: name })} name={name} title={title} />,
            },
            { key: 'on', title: t('jobs.isOn'), cell: (chain) => <OnCell {...chain} /> },
            {
              key: 'last',
              title: t('jobs.last'),
              cell: ({ lastRun }) =>
                lastRun === null ? (
                  <span className="soft">–</span>
                ) : (
                  <Link to={`/?chainRun=${lastRun.id}`} className="row tight">
                    <StateMark state={lastRun.state} />
                    {lastRun.businessDate}
                  </Link>
                ),
            },
            {
              key: 'schedule',
              title: t('jobs.schedule'),
              cell: ({ schedule }) => <ScheduleWords schedule={schedule} />,
            },
            { key: 'next', title: t('jobs.next'), cell: ({ nextFireAtMs }) => <Ago atMs={nextFireAtMs} /> },
            { key: 'nodes', title: t('chains.nodes'), align: 'num', cell: ({ nodes }) => nodes },
            { key: 'owner', title: t('jobs.owner'), cell: ({ owner }) => <Inert text={owner} /> },
            { key: 'tags', title: t('jobs.tags'), cell: ({ tags }) => <Tags tags={tags} /> },
          ]}
        />
      </Panel>
    </Page>
  );
}
