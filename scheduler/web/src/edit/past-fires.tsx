import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { usePages } from '../api/read.ts';
import { List } from '../look/list.tsx';
import { Panel } from '../look/parts.tsx';
import { State } from '../look/state.tsx';
import { Inert, Instant, Said } from '../look/values.tsx';
import { type DefinitionRef, routeOf } from './definition-ref.ts';

/** What was planned or asked for, and what became of it. */
export function PastFires({ of }: { readonly of: DefinitionRef }) {
  const { t } = useTranslation();
  const fires = usePages(routeOf(of, 'GET', '/fires'), { params: of, query: { limit: 10 } }, { topics: ['jobs'] });
  return (
    <Panel title={t('fires.past')} flush>
      <List
        caption={t('fires.past')}
        rows={fires.rows}
        rowKey={({ id }) => id}
        query={fires}
        empty={t('fires.pastNone')}
        columns={[
          {
            key: 'planned',
            title: t('run.planned'),
            lead: true,
            cell: ({ plannedAtMs }) => <Instant atMs={plannedAtMs} style="second" />,
          },
          { key: 'state', title: t('runs.state'), cell: ({ state }) => <State state={state} /> },
          {
            key: 'origin',
            title: t('runs.origin'),
            cell: ({ origin, by }) => <Inert text={by ?? t(`origin.${origin}`, { defaultValue: origin })} />,
          },
          {
            key: 'reason',
            title: t('fires.reason'),
            cell: ({ reason }) => <Said text={reason ?? ''} className="small" />,
          },
          {
            key: 'run',
            title: t('nav.runs'),
            cell: ({ runId, chainRunId }) =>
              runId !== null ? (
                <Link to={`/runs/${runId}`}>#{runId}</Link>
              ) : chainRunId !== null ? (
                <Link to={`/?chainRun=${chainRunId}`}>#{chainRunId}</Link>
              ) : null,
          },
        ]}
      />
    </Panel>
  );
}
