import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useLanguage } from '../../app/preferences.ts';
import { LongText } from '../../look/long-text.tsx';
import { Facts, Panel } from '../../look/parts.tsx';
import { StateMark } from '../../look/state.tsx';
import { Duration, Inert, Instant } from '../../look/values.tsx';
import { formatCount, formatRate } from '../../pure/format.ts';
import { inertValue } from '../../pure/inert-text.ts';
import { countOpen } from '../../pure/money-states.ts';
import { scriptPath } from '../scripts/use-script.ts';
import type { RunDetail } from './run.tsx';

export function RunFacts({ detail }: { readonly detail: RunDetail }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const { run, progress } = detail;
  const open = countOpen(detail.told);
  const count = (n: number) => formatCount(n, language);
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
        open.inTheAir === 0 ? null : [t('figure.inTheAir'), count(open.inTheAir)],
        open.nextTry === 0 ? null : [t('figure.nextTry'), count(open.nextTry)],
        open.withPeople === 0 ? null : [t('figure.withPeople'), count(open.withPeople)],
        progress.itemsPerSecond === null ? null : [t('figure.rate'), formatRate(progress.itemsPerSecond, language)],
        detail.jobVersion === null ? null : [t('run.jobVersion'), detail.jobVersion],
        detail.codeVersion === null ? null : [t('run.codeVersion'), <Inert key="code" text={detail.codeVersion} />],
        detail.scriptVersion === null
          ? null
          : [
              t('run.scriptVersion'),
              <Link key="script" to={scriptPath(run.jobId, detail.scriptVersion)}>
                {detail.scriptVersion}
              </Link>,
            ],
      ]}
    />
  );
}

/** What it was started with, and what it said in the end. */
export function Given({ detail }: { readonly detail: RunDetail }) {
  const { t } = useTranslation();
  const result = inertValue(detail.result);
  if (detail.param === '' && result === '') return null;
  return (
    <Panel title={t('run.paramAndResult')}>
      <div className="stack tight">
        <span className="label">{t('run.param')}</span>
        <LongText label={t('run.param')} text={inertValue(detail.param) || '–'} />
        <span className="label">{t('run.result')}</span>
        <LongText label={t('run.result')} text={result || '–'} />
      </div>
    </Panel>
  );
}

/** The chain that it is part of, what it came after and caused, and the other runs of the same work. */
export function Relations({ detail }: { readonly detail: RunDetail }) {
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
                <Inert text={t(`because.${because}`, { defaultValue: because })} />
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
