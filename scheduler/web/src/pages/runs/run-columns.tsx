import './run.css';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { Reply } from '../../api/read.ts';
import { useWording } from '../../app/preferences.ts';
import type { Column } from '../../look/list.tsx';
import { State } from '../../look/state.tsx';
import { Duration, Inert, Instant, Said } from '../../look/values.tsx';
import { inertLine } from '../../pure/inert-text.ts';

type RunLine = Reply<'GET /runs'>['items'][number];

/** A line of a list of runs. */
export function useRunColumns(): readonly Column<RunLine>[] {
  const { t } = useTranslation();
  const waits = useWaitsFor();
  const wording = useWording();
  return [
    {
      key: 'job',
      title: t('runs.job'),
      lead: true,
      cell: (run) => (
        <div className="title-cell">
          <Link to={`/runs/${run.id}`}>
            <Inert text={run.job} /> <span className="soft">#{run.id}</span>
          </Link>
          <span className="row tight dotted small soft">
            {run.chain !== null && (
              <Link to={`/?chainRun=${run.chainRunId ?? ''}`}>
                <Inert text={run.chain} />
              </Link>
            )}
            <span>
              <Inert text={run.group} />
            </span>
          </span>
        </div>
      ),
    },
    {
      key: 'state',
      title: t('runs.state'),
      cell: (run) => (
        <div className="title-cell">
          <State state={run.state} />
          {(run.waitsFor !== null || run.reason !== null) && (
            <span
              className="small soft reason"
              title={run.reason === null ? undefined : inertLine(wording(run.reason))}
            >
              {run.waitsFor === null ? <Said text={run.reason ?? ''} /> : waits(run.waitsFor)}
            </span>
          )}
        </div>
      ),
    },
    { key: 'date', title: t('runs.date'), cell: ({ businessDate }) => <span className="nowrap">{businessDate}</span> },
    {
      key: 'started',
      title: t('runs.started'),
      sort: 'started',
      cell: ({ startedAtMs }) => <Instant atMs={startedAtMs} style="second" />,
    },
    {
      key: 'duration',
      title: t('runs.duration'),
      sort: 'duration',
      align: 'num',
      cell: ({ durationMs }) => <Duration ms={durationMs} />,
    },
    {
      key: 'lateness',
      title: t('runs.lateness'),
      sort: 'lateness',
      align: 'num',
      cell: ({ latenessMs }) => <Duration ms={latenessMs} />,
    },
    {
      key: 'shards',
      hideNarrow: true,
      title: t('runs.shards'),
      align: 'num',
      cell: ({ shardTotal }) => shardTotal ?? '–',
    },
    {
      key: 'origin',
      hideNarrow: true,
      title: t('runs.origin'),
      cell: ({ origin, by, rerunOf }) => (
        <span className="small">
          {t(`origin.${origin}`, { defaultValue: origin })}
          {by !== null && (
            <>
              {' '}
              · <Inert text={by} />
            </>
          )}
          {rerunOf !== null && (
            <>
              {' '}
              · <Link to={`/runs/${rerunOf}`}>{t('run.repeats', { id: rerunOf })}</Link>
            </>
          )}
        </span>
      ),
    },
  ];
}

export function useWaitsFor(): (what: NonNullable<RunLine['waitsFor']>) => string {
  const { t } = useTranslation();
  return (what) => t(`waitsFor.${what}`);
}
