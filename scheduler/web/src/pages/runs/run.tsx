import './run.css';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';
import { type Reply, useRead } from '../../api/read.ts';
import { LoadedPage } from '../../look/loaded-page.tsx';
import { Page, Panel } from '../../look/parts.tsx';
import { State, StateMark, toneOf } from '../../look/state.tsx';
import { Inert, Said } from '../../look/values.tsx';
import { Verdict } from '../../look/verdict.tsx';
import { Nowhere } from '../nowhere.tsx';
import { Money } from '../tonight/money.tsx';
import { NightOf } from '../tonight/night-outcome.tsx';
import { WhatWaits } from '../tonight/what-waits.tsx';
import { RunActions } from './run-actions.tsx';
import { useWaitsFor } from './run-columns.tsx';
import { Given, Relations, RunFacts } from './run-facts.tsx';
import { ProgressText, ShardCounts } from './run-progress.tsx';
import { Shards } from './shards.tsx';
import { Slices } from './slices.tsx';
import { Steps } from './steps.tsx';
import { Timeline } from './timeline.tsx';

export type RunDetail = Reply<'GET /runs/:runId'>;

export function RunPage() {
  const runId = Number(useParams().runId);
  return Number.isSafeInteger(runId) ? <OfRun runId={runId} /> : <Nowhere />;
}

function OfRun({ runId }: { readonly runId: number }) {
  const { t } = useTranslation();
  const detail = useRead(
    'GET /runs/:runId',
    { params: { runId } },
    {
      topics: [`run:${runId}`],
      isMoving: ({ run, progress }) => run.endedAtMs === null && progress.itemsOpen !== null,
    },
  );
  return (
    <LoadedPage of={detail} title={t('run.number', { id: runId })} back={{ to: '/runs', text: t('nav.runs') }}>
      {(data) => <Shown detail={data} />}
    </LoadedPage>
  );
}

function Shown({ detail }: { readonly detail: RunDetail }) {
  const { t } = useTranslation();
  const { run } = detail;
  return (
    <Page
      title={
        <>
          <Link to={`/jobs/${run.jobId}`}>
            <Inert text={run.job} />
          </Link>{' '}
          <span className="soft">{t('run.number', { id: run.id })}</span>
        </>
      }
      lead={<State state={run.state} />}
      actions={<RunActions detail={detail} />}
    >
      <Why detail={detail} />
      {run.chainRunId !== null && isConservationBroken(detail) && (
        <NightOf group={run.group} chainRunId={run.chainRunId} />
      )}
      <div className="split">
        <div className="stack">
          {(detail.frozen.length > 0 || detail.told.length > 0) && (
            <Panel title={t('tonight.money')}>
              {detail.mismatch !== null && (
                <p className="note tone-bad">
                  <StateMark state="critical" /> <Inert text={detail.mismatch} />
                </p>
              )}
              <Money frozen={detail.frozen} told={detail.told} />
            </Panel>
          )}
          <Panel
            title={t('run.shards')}
            lead={<ShardCounts counts={detail.shardCounts} />}
            flush
            actions={<ProgressText detail={detail} />}
          >
            <Shards runId={run.id} total={run.shardTotal} isOpen={run.endedAtMs === null} />
          </Panel>
          {detail.progress.slicesTotal !== null && <Slices runId={run.id} />}
          <Steps runId={run.id} />
          <Given detail={detail} />
        </div>
        <div className="stack">
          <Panel title={t('run.facts')}>
            <RunFacts detail={detail} />
          </Panel>
          <Relations detail={detail} />
          <Timeline runId={run.id} />
        </div>
      </div>
    </Page>
  );
}

/** Then its reason speaks of the report of its night. */
const isConservationBroken = ({ run }: RunDetail): boolean => run.reason?.includes('CONSERVATION_BROKEN') === true;

/** The reason of its state in words: first what the state means, then what the scheduler noted. */
function Why({ detail }: { readonly detail: RunDetail }) {
  const { t } = useTranslation();
  const waits = useWaitsFor();
  const { run, shardCounts } = detail;
  const failed = shardCounts.failed ?? 0;
  return (
    <Verdict tone={toneOf(run.state)} mark={run.state} label={t('run.why')}>
      <p>
        {run.waitsFor === null ? t(`why.${run.state}`, { failed, total: run.shardTotal ?? 0 }) : waits(run.waitsFor)}
      </p>
      {run.state === 'dispatched' && <WhatWaits told={detail.told} group={run.group} />}
      {run.reason !== null && (
        <p>
          <Said text={run.reason} />
        </p>
      )}
      {detail.throttled !== null && (
        <p>
          <Said text={detail.throttled} />
        </p>
      )}
    </Verdict>
  );
}
