import './run.css';
import { useQueryClient } from '@tanstack/react-query';
import { Button, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate, useParams } from 'react-router';
import { call, newRequestId } from '../../api/client.ts';
import { type Reply, useRead } from '../../api/read.ts';
import { useLanguage } from '../../app/preferences.ts';
import { useAsk } from '../../look/ask.tsx';
import { Field } from '../../look/field.tsx';
import { Facts, Loaded, Page, Panel, Progress } from '../../look/parts.tsx';
import { State, StateMark, toneOf } from '../../look/state.tsx';
import { Duration, Inert, Instant } from '../../look/values.tsx';
import { formatCount, formatRate } from '../../pure/format.ts';
import { inertValue } from '../../pure/inert-text.ts';
import { Money } from '../tonight/money.tsx';
import { useWaitsFor } from './runs.tsx';
import { Shards } from './shards.tsx';
import { Slices } from './slices.tsx';
import { Steps } from './steps.tsx';
import { Timeline } from './timeline.tsx';

export type RunDetail = Reply<'GET /runs/:runId'>;

export function RunPage() {
  const runId = Number(useParams().runId);
  const detail = useRead(
    'GET /runs/:runId',
    { params: { runId } },
    {
      topics: [`run:${runId}`],
      isMoving: ({ run, progress }) => run.endedAtMs === null && progress.itemsOpen !== null,
    },
  );
  return <Loaded of={detail}>{(data) => <Shown detail={data} />}</Loaded>;
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
      actions={<Actions detail={detail} />}
    >
      <Why detail={detail} />
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
            lead={<Counts counts={detail.shardCounts} />}
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

/** The reason of its state in words: first what the state means, then what the scheduler noted. */
function Why({ detail }: { readonly detail: RunDetail }) {
  const { t } = useTranslation();
  const waits = useWaitsFor();
  const { run, shardCounts } = detail;
  const failed = shardCounts.failed ?? 0;
  return (
    <section className={`why tone-${toneOf(run.state)}`} aria-label={t('run.why')}>
      <StateMark state={run.state} size={20} />
      <div>
        <p>
          {run.waitsFor === null ? t(`why.${run.state}`, { failed, total: run.shardTotal ?? 0 }) : waits(run.waitsFor)}
        </p>
        {run.reason !== null && (
          <p>
            <Inert text={run.reason} />
          </p>
        )}
        {detail.throttled !== null && (
          <p>
            <Inert text={detail.throttled} />
          </p>
        )}
      </div>
    </section>
  );
}

function Actions({ detail }: { readonly detail: RunDetail }) {
  const { t } = useTranslation();
  const ask = useAsk();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { run, may } = detail;
  const runId = run.id;
  const rerun = (kind: 'all' | 'failed' | 'resume') => {
    const requestId = newRequestId();
    let param: string | null = null;
    ask({
      title: t(`run.ask.${kind}`, { id: runId }),
      body: (
        <>
          <p>{t(`run.askHelp.${kind}`)}</p>
          {kind === 'all' && <ParamInput initial={detail.param} onChange={(next) => (param = next)} />}
        </>
      ),
      ok: t(`run.${kind}`),
      act: async () => {
        const started = await call('POST /runs/:runId/rerun', {
          params: { runId },
          body: { kind, requestId, ...(param === null ? {} : { param }) },
        });
        void navigate(`/runs/${started.runId}`);
      },
    });
  };
  const kill = () =>
    ask({
      title: t('run.ask.kill', { id: runId }),
      body: <p>{t('run.askHelp.kill')}</p>,
      ok: t('run.kill'),
      danger: true,
      needsReason: true,
      act: async (reason) => {
        await call('POST /runs/:runId/kill', { params: { runId }, body: { reason } });
        void client.invalidateQueries();
      },
    });
  return (
    <>
      {may.rerunFailed && (
        <Button type="primary" onClick={() => rerun('failed')}>
          {t('run.failed')}
        </Button>
      )}
      {may.resume && <Button onClick={() => rerun('resume')}>{t('run.resume')}</Button>}
      {may.rerunAll && <Button onClick={() => rerun('all')}>{t('run.all')}</Button>}
      {may.kill && (
        <Button danger onClick={kill}>
          {t('run.kill')}
        </Button>
      )}
    </>
  );
}

function ParamInput({ initial, onChange }: { readonly initial: string; readonly onChange: (next: string) => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState(initial);
  return (
    <Field label={t('run.param')}>
      {(input) => (
        <Input.TextArea
          {...input}
          rows={3}
          className="mono"
          value={text}
          onChange={({ target }) => {
            setText(target.value);
            onChange(target.value);
          }}
        />
      )}
    </Field>
  );
}

function Counts({ counts }: { readonly counts: Readonly<Record<string, number>> }) {
  return (
    <span className="row tight">
      {Object.entries(counts)
        .filter(([, n]) => n > 0)
        .map(([state, n]) => (
          <span key={state} className={`pill tone-${toneOf(state)}`}>
            <StateMark state={state} size={12} /> <CountWord state={state} n={n} />
          </span>
        ))}
    </span>
  );
}

function CountWord({ state, n }: { readonly state: string; readonly n: number }) {
  const { t } = useTranslation();
  return <>{t('run.count', { n, state: t(`state.${state}`, { defaultValue: state }) })}</>;
}

function ProgressText({ detail }: { readonly detail: RunDetail }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const { progress } = detail;
  const [done, total] =
    progress.itemsTotal === null
      ? [progress.shardsDone, progress.shardsTotal]
      : [progress.itemsDone ?? 0, progress.itemsTotal];
  if (total === null || total === 0) return null;
  const text = t('run.of', { done: formatCount(done, language), total: formatCount(total, language) });
  return (
    <span className="row progress-text">
      <span className="small soft">{text}</span>
      <span className="progress-slot">
        <Progress done={done} total={total} label={text} tone={done >= total ? 'ok' : 'run'} />
      </span>
    </span>
  );
}

function RunFacts({ detail }: { readonly detail: RunDetail }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const { run, progress } = detail;
  return (
    <Facts
      items={[
        [t('runs.date'), run.businessDate],
        [t('run.planned'), <Instant key="planned" atMs={run.plannedAtMs} style="second" />],
        [t('runs.started'), <Instant key="started" atMs={run.startedAtMs} style="second" />],
        [t('run.dispatched'), <Instant key="dispatched" atMs={detail.dispatchedAtMs} style="second" />],
        [t('run.settled'), <Instant key="settled" atMs={detail.settledAtMs} style="second" />],
        [t('run.ended'), <Instant key="ended" atMs={run.endedAtMs} style="second" />],
        [t('runs.duration'), <Duration key="duration" ms={run.durationMs} />],
        [t('runs.lateness'), <Duration key="lateness" ms={run.latenessMs} />],
        [t('runs.group'), <Inert key="group" text={run.group} />],
        [t('runs.origin'), t(`origin.${run.origin}`, { defaultValue: run.origin })],
        run.by === null ? null : [t('run.by'), <Inert key="by" text={run.by} />],
        progress.itemsOpen === null ? null : [t('figure.open'), formatCount(progress.itemsOpen, language)],
        progress.itemsPerSecond === null ? null : [t('figure.rate'), formatRate(progress.itemsPerSecond, language)],
        detail.jobVersion === null ? null : [t('run.jobVersion'), detail.jobVersion],
        detail.codeVersion === null ? null : [t('run.codeVersion'), <Inert key="code" text={detail.codeVersion} />],
        detail.scriptVersion === null ? null : [t('run.scriptVersion'), detail.scriptVersion],
      ]}
    />
  );
}

function Given({ detail }: { readonly detail: RunDetail }) {
  const { t } = useTranslation();
  const result = inertValue(detail.result);
  if (detail.param === '' && result === '') return null;
  return (
    <Panel title={t('run.paramAndResult')}>
      <div className="stack tight">
        <span className="label">{t('run.param')}</span>
        <pre className="param">{inertValue(detail.param) || '–'}</pre>
        <span className="label">{t('run.result')}</span>
        <pre className="param">{result || '–'}</pre>
      </div>
    </Panel>
  );
}

function Relations({ detail }: { readonly detail: RunDetail }) {
  const { t } = useTranslation();
  const { run, parents, children, line } = detail;
  if (run.chainRunId === null && parents.length + children.length === 0 && line.length < 2) return null;
  const list = (title: string, items: typeof parents) =>
    items.length > 0 && (
      <div className="stack tight">
        <span className="label">{title}</span>
        {items.map(({ runId, job, state, because }) => (
          <div key={runId} className="row between">
            <Link to={`/runs/${runId}`}>
              <Inert text={job} /> #{runId}
            </Link>
            <span className="row tight">
              <span className="small soft">
                <Inert text={because} />
              </span>
              <StateMark state={state} />
            </span>
          </div>
        ))}
      </div>
    );
  return (
    <Panel title={t('run.relations')}>
      <div className="stack">
        {run.chainRunId !== null && (
          <Link to={`/?chainRun=${run.chainRunId}`}>
            {t('run.inChain', { chain: run.chain ?? '', id: run.chainRunId })}
          </Link>
        )}
        {list(t('run.parents'), parents)}
        {list(t('run.children'), children)}
        {line.length > 1 && (
          <div className="stack tight">
            <span className="label">{t('run.line')}</span>
            {line.map(({ runId, kind, state, isThis }) => (
              <div key={runId} className="row between">
                {isThis ? <strong>#{runId}</strong> : <Link to={`/runs/${runId}`}>#{runId}</Link>}
                <span className="row tight">
                  <span className="small soft">{t(`run.${kind}`)}</span>
                  <StateMark state={state} />
                </span>
              </div>
            ))}
          </div>
        )}
      </div>
    </Panel>
  );
}
