import './tonight.css';
import { Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';
import { type Reply, useRead } from '../../api/read.ts';
import { LoadedPage } from '../../look/loaded-page.tsx';
import { Empty, Page, Panel } from '../../look/parts.tsx';
import { State } from '../../look/state.tsx';
import { Inert } from '../../look/values.tsx';
import { Alarms, Next } from './alarms-and-next.tsx';
import { ChainRunActions } from './chain-run-actions.tsx';
import { ExecutorCards } from './executor-cards.tsx';
import { Horizon } from './horizon.tsx';
import { Money } from './money.tsx';
import { NightGraph } from './night-graph.tsx';
import { NightGrid } from './night-grid.tsx';
import { NightOutcome } from './night-outcome.tsx';

export type TonightReply = Reply<'GET /tonight'>;
export type ChainRunDetail = NonNullable<TonightReply['shown']>;

/** Its executors are asked how far it is: nothing of that is told by the stream. */
const isMoving = ({ endedAtMs, progress }: ChainRunDetail['nodes'][number]): boolean =>
  endedAtMs === null && (progress?.itemsOpen ?? null) !== null;

/** Is tonight on time, what is stuck, and why: at one look. */
export function Tonight() {
  const { t } = useTranslation();
  const [search, setSearch] = useSearchParams();
  const asked = Number(search.get('chainRun') ?? '');
  const query = asked > 0 ? { chainRunId: asked } : {};
  const tonight = useRead(
    'GET /tonight',
    { query },
    { topics: ['tonight', 'alarms', 'executors'], isMoving: ({ shown }) => shown?.nodes.some(isMoving) === true },
  );
  return (
    <LoadedPage of={tonight} title={t('nav.tonight')} back={{ to: '/', text: t('nav.tonight') }}>
      {(data) =>
        data.shown === null ? (
          <Page title={t('nav.tonight')}>
            <Panel>
              <Empty>
                <p>{t('tonight.none')}</p>
                <p>
                  <Link to="/jobs/new">{t('jobs.new')}</Link> · <Link to="/chains/new">{t('chains.new')}</Link>
                </p>
              </Empty>
            </Panel>
            <Rest data={data} />
          </Page>
        ) : (
          <Shown
            data={data}
            shown={data.shown}
            onShow={(id) => setSearch(id === null ? {} : { chainRun: String(id) })}
          />
        )
      }
    </LoadedPage>
  );
}

function Shown({
  data,
  shown,
  onShow,
}: {
  readonly data: TonightReply;
  readonly shown: ChainRunDetail;
  readonly onShow: (id: number | null) => void;
}) {
  const { t } = useTranslation();
  const { run } = shown;
  const others = data.chainRuns.some(({ id }) => id === run.id) ? data.chainRuns : [run, ...data.chainRuns];
  return (
    <Page
      title={
        <>
          <Link to={`/chains/${encodeURIComponent(run.chain)}`}>
            <Inert text={run.chain} />
          </Link>{' '}
          <span className="soft">{run.businessDate}</span>
        </>
      }
      lead={
        <>
          <State state={run.state} />
          {run.seq > 1 && <span className="pill tone-wait">{t('tonight.seq', { seq: run.seq })}</span>}
        </>
      }
      actions={
        <>
          <ChainRunActions shown={shown} />
          {others.length > 1 && (
            <Select
              aria-label={t('tonight.which')}
              value={run.id}
              onChange={onShow}
              popupMatchSelectWidth={false}
              options={others.map(({ id, chain, businessDate, seq }) => ({
                value: id,
                label: `${chain} · ${businessDate}${seq > 1 ? ` · ${seq}` : ''}`,
              }))}
            />
          )}
        </>
      }
    >
      <Horizon data={data} shown={shown} />
      <NightOutcome shown={shown} />
      <Panel title={t('tonight.graph')} flush>
        <NightGraph shown={shown} />
      </Panel>
      <div className="split">
        <Panel title={t('tonight.money')}>
          <Money frozen={shown.frozen} told={shown.told} />
        </Panel>
        <Alarms alarms={data.alarms} />
      </div>
      <Rest data={data} chain={run.chain} />
    </Page>
  );
}

function Rest({ data, chain }: { readonly data: TonightReply; readonly chain?: string }) {
  const { t } = useTranslation();
  const [isAll, setIsAll] = useState(false);
  return (
    <>
      <Panel
        title={t('tonight.executors')}
        lead={<span className="soft small">{t('tonight.inFlight', { count: data.inFlight.length })}</span>}
        actions={<Link to="/executors">{t('nav.executors')}</Link>}
      >
        <ExecutorCards executors={data.executors} inFlight={data.inFlight} isAll={isAll} onAll={() => setIsAll(true)} />
      </Panel>
      {chain === undefined ? (
        <Next next={data.next} />
      ) : (
        <div className="split">
          <Panel title={t('tonight.nights')} flush>
            <NightGrid chain={chain} />
          </Panel>
          <Next next={data.next} />
        </div>
      )}
    </>
  );
}
