import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { usePages } from '../../api/read.ts';
import { useLanguage } from '../../app/preferences.ts';
import { GroupSelect, OfGroup, useGroupChoice } from '../../look/group-choice.tsx';
import { List } from '../../look/list.tsx';
import { Page, Panel } from '../../look/parts.tsx';
import { State, StateMark } from '../../look/state.tsx';
import { useSearch } from '../../look/use-search.ts';
import { Duration, Instant } from '../../look/values.tsx';
import { formatCount } from '../../pure/format.ts';
import { holdsConservation } from '../../pure/night-outcome.ts';
import type { NightLine } from './night-verdict.tsx';

/** The report of each night: did everything add up. */
export function Nights() {
  const { t } = useTranslation();
  const [, set] = useSearch();
  const choice = useGroupChoice();
  return (
    <Page title={t('nav.nights')} actions={<GroupSelect choice={choice} onChoose={(group) => set({ group })} />}>
      <OfGroup choice={choice}>{(group) => <NightList group={group} />}</OfGroup>
    </Page>
  );
}

function NightList({ group }: { readonly group: string }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const nights = usePages('GET /nights', { query: { group } }, { topics: ['tonight'] });
  const wordsOf = (found: number) => (found === 0 ? t('nights.notProven') : t('nights.differs', { count: found }));
  const count = (state: string) => (night: NightLine) => formatCount(countOf(night, state), language);
  return (
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
            cell: (night) => {
              const holds = holdsConservation(night);
              if (holds === null) return <span className="soft">–</span>;
              return (
                <span className="row tight nowrap">
                  <StateMark state={holds ? 'succeeded' : 'critical'} />
                  {holds ? t('nights.holds') : wordsOf(night.differences ?? 0)}
                </span>
              );
            },
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
          { key: 'done', title: t('column.SUCCESS'), align: 'num', cell: count('SUCCESS') },
          { key: 'failed', title: t('column.FAILED'), align: 'num', cell: count('FAILED') },
          { key: 'blocked', title: t('column.BLOCKED'), align: 'num', cell: count('BLOCKED') },
          {
            key: 'unresolved',
            title: t('column.UNRESOLVED'),
            align: 'num',
            cell: (night) =>
              countOf(night, 'UNRESOLVED') === 0 ? 0 : <strong className="wrong">{count('UNRESOLVED')(night)}</strong>,
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
  );
}

const countOf = ({ totals }: NightLine, wanted: string): number =>
  totals.reduce((sum, { state, count }) => sum + (state === wanted ? count : 0), 0);
