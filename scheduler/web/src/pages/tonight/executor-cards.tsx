import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { Empty } from '../../look/parts.tsx';
import { State } from '../../look/state.tsx';
import { Ago, Inert } from '../../look/values.tsx';
import type { TonightReply } from './tonight.tsx';

const HELD_SHOWN = 4;

/** Each executor with what it has in its hands, the oldest first, and since when. */
export function ExecutorCards({
  executors,
  inFlight,
  isAll,
  onAll,
}: {
  readonly executors: TonightReply['executors'];
  readonly inFlight: TonightReply['inFlight'];
  readonly isAll: boolean;
  readonly onAll: () => void;
}) {
  const { t } = useTranslation();
  if (executors.length === 0) return <Empty>{t('executors.none')}</Empty>;
  const busyFirst = [...executors].sort((a, b) => b.openAttempts - a.openAttempts || a.id - b.id);
  const shown = isAll ? busyFirst : busyFirst.slice(0, 12);
  return (
    <>
      <ul className="executors">
        {shown.map((executor) => {
          const held = inFlight.filter((shard) => shard.executorId === executor.id);
          return (
            <li key={executor.id} className="executor">
              <div className="row between">
                <Link to={`/executors/${executor.id}`} className="cut">
                  <Inert text={executor.address} />
                </Link>
                <State state={executor.isDrained && executor.state === 'alive' ? 'draining' : executor.state} />
              </div>
              <div className="row between small soft">
                <Inert text={executor.group} />
                <span>{t('executors.open', { count: executor.openAttempts })}</span>
              </div>
              {held.length > 0 && (
                <ul className="held">
                  {held.slice(0, HELD_SHOWN).map((shard) => (
                    <li key={shard.logId}>
                      <Link to={`/runs/${shard.runId}`} className="cut">
                        <Inert text={shard.job} />{' '}
                        {(shard.shardTotal ?? 1) > 1 &&
                          t('run.shardOf', { no: shard.shardIndex, total: shard.shardTotal })}
                      </Link>
                      <span className="soft">
                        <Ago atMs={shard.sinceMs} />
                      </span>
                    </li>
                  ))}
                  {held.length > HELD_SHOWN && (
                    <li>
                      <Link to={`/executors/${executor.id}`}>
                        {t('executors.more', { count: held.length - HELD_SHOWN })}
                      </Link>
                    </li>
                  )}
                </ul>
              )}
            </li>
          );
        })}
      </ul>
      {shown.length < executors.length && (
        <p>
          <Button type="link" onClick={onAll}>
            {t('executors.all', { count: executors.length })}
          </Button>
        </p>
      )}
    </>
  );
}
