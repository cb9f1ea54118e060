import { Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { usePages, useRead } from '../../api/read.ts';
import { useLanguage } from '../../app/preferences.ts';
import { List } from '../../look/list.tsx';
import { Page, Panel } from '../../look/parts.tsx';
import { State, StateMark } from '../../look/state.tsx';
import { useSearch } from '../../look/use-search.ts';
import { Duration, Instant } from '../../look/values.tsx';
import { formatCount } from '../../pure/format.ts';

/** The report of each night: did everything add up. */
export function Nights() {
  const { t } = useTranslation();
  const language = useLanguage();
  const [get, set] = useSearch();
  const groups = useRead('GET /groups');
  const names = groups.data?.items.map(({ name }) => name) ?? [];
  const group = get('group') === '' ? (names[0] ?? '') : get('group');
  const nights = usePages('GET /nights', { query: { group } }, { enabled: group !== '', topics: ['tonight'] });
  return (
    <Page
      title={t('nav.nights')}
      actions={
        <Select
          aria-label={t('runs.group')}
          value={group === '' ? null : group}
          options={names.map((name) => ({ value: name, label: name }))}
          onChange={(next) => set({ group: next })}
          style={{ minWidth: 160 }}
        />
      }
    >
      <Panel flush>
        <List
          caption={t('nav.nights')}
          rows={nights.rows}
          rowKey={({ nightId }) => nightId}
          query={nights}
          notThere={t('list.notAnswered')}
          empty={t('nights.none')}
          columns={[
            {
              key: 'date',
              title: t('runs.date'),
              lead: true,
              cell: ({ nightId, businessDate }) => (
                <Link to={`/nights/${encodeURIComponent(group)}/${encodeURIComponent(nightId)}`}>
                  <strong>{businessDate}</strong> <span className="soft">#{nightId}</span>
                </Link>
              ),
            },
            { key: 'state', title: t('runs.state'), cell: ({ state }) => <State state={state} /> },
            {
              key: 'differences',
              title: t('nights.differences'),
              cell: ({ differences }) =>
                differences === null ? (
                  <span className="soft">–</span>
                ) : (
                  <span className="row tight">
                    <StateMark state={differences === 0 ? 'succeeded' : 'critical'} />
                    {differences === 0 ? t('nights.holds') : t('nights.differs', { count: differences })}
                  </span>
                ),
            },
            { key: 'started', title: t('runs.started'), cell: ({ startedAtMs }) => <Instant atMs={startedAtMs} /> },
            {
              key: 'duration',
              title: t('runs.duration'),
              align: 'num',
              cell: ({ startedAtMs, endedAtMs }) => (
                <Duration ms={startedAtMs === null || endedAtMs === null ? null : endedAtMs - startedAtMs} />
              ),
            },
            {
              key: 'done',
              title: t('state.SUCCESS'),
              align: 'num',
              cell: ({ totals }) =>
                formatCount(
                  totals.filter(({ state }) => state === 'SUCCESS').reduce((sum, { count }) => sum + count, 0),
                  language,
                ),
            },
            {
              key: 'failed',
              title: t('state.FAILED'),
              align: 'num',
              cell: ({ totals }) =>
                formatCount(
                  totals.filter(({ state }) => state === 'FAILED').reduce((sum, { count }) => sum + count, 0),
                  language,
                ),
            },
            {
              key: 'chain',
              title: t('chain.runs'),
              cell: ({ chainRunId }) =>
                chainRunId === null ? '–' : <Link to={`/?chainRun=${chainRunId}`}>#{chainRunId}</Link>,
            },
          ]}
        />
      </Panel>
    </Page>
  );
}
