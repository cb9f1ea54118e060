import { useTranslation } from 'react-i18next';
import type { Reply } from '../api/client.ts';
import { Empty } from './parts.tsx';
import { State } from './state.tsx';
import { Inert, Said } from './values.tsx';

export type RunForecast = Reply<'POST /jobs/:jobId/dry-run'>['run'];

const OUTCOME_STATE = { goes: 'running', waits: 'waits', discarded: 'discarded', ends_others_first: 'waits' } as const;

/** What would become of a run: whether it goes, what is in its way, and each shard as it would leave. */
export function RunForecastView({ run }: { readonly run: RunForecast }) {
  const { t } = useTranslation();
  const { outcome, waitsFor, reason, executors, shardTotal, shards } = run;
  return (
    <div className="stack tight">
      <p className="row tight">
        <State state={OUTCOME_STATE[outcome]} />
        <span>{t(`dryRun.outcome.${outcome}`)}</span>
        {waitsFor !== null && <span className="pill tone-wait">{t(`dryRun.waitsFor.${waitsFor}`)}</span>}
      </p>
      {reason !== null && (
        <p className="soft">
          <Said text={reason} />
        </p>
      )}
      <p className="soft small">
        {t('dryRun.executors', { count: executors.length })}
        {outcome !== 'goes' && shards.length > 0 && ` ${t('dryRun.ifItWent')}`}
      </p>
      {shards.length === 0 ? (
        <Empty>{t('dryRun.noShards')}</Empty>
      ) : (
        <div className="bulk-result">
          <table className="list">
            <caption className="visually-hidden">{t('dryRun.shards', { count: shardTotal ?? 0 })}</caption>
            <thead>
              <tr>
                <th scope="col">{t('dryRun.shard')}</th>
                <th scope="col">{t('dryRun.executor')}</th>
                <th scope="col">{t('run.param')}</th>
              </tr>
            </thead>
            <tbody>
              {shards.map((shard) => (
                <tr key={shard.index}>
                  <td className="nowrap">{shard.name}</td>
                  <td>
                    {shard.executor === null ? t('dryRun.whoeverHasRoom') : <Inert text={shard.executor} />}
                    {shard.leaves === 'later' && <span className="pill tone-wait">{t('dryRun.later')}</span>}
                  </td>
                  <td className="mono">
                    <Inert text={shard.param} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}
