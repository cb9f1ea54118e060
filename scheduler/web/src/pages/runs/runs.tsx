import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePages } from '../../api/read.ts';
import { BulkBar } from '../../look/bulk.tsx';
import { List, type Order } from '../../look/list.tsx';
import { Page, Panel } from '../../look/parts.tsx';
import { filled, useSearch } from '../../look/use-search.ts';
import { useRunColumns } from './run-columns.tsx';
import { RunFilters } from './run-filters.tsx';

export function Runs() {
  const { t } = useTranslation();
  const [get, set] = useSearch();
  const [chosen, setChosen] = useState<ReadonlySet<string | number>>(new Set());
  const from = get('from');
  const to = get('to');
  const query = filled({
    jobId: get('job') === '' ? null : Number(get('job')),
    chain: get('chain'),
    group: get('group'),
    state: get('state') as 'open' | '',
    businessDate: get('date'),
    fromMs: from === '' ? null : Number(from),
    toMs: to === '' ? null : Number(to),
    sort: get('sort') as 'started' | '',
    order: get('order') as 'desc' | '',
    // A sweep each second would be nine rows of ten; whoever chose a job wants its runs, whatever they are.
    sweeps: (get('sweeps') === 'with' || get('job') !== '' ? '' : 'without') as 'without' | '',
  });
  // No index has these orders: they are of the runs of one job, or of a time range.
  const isSortable =
    query.sort === undefined || query.sort === 'started' || query.jobId !== undefined || query.fromMs !== undefined;
  const runs = usePages('GET /runs', { query }, { topics: ['runs'], enabled: isSortable });
  const columns = useRunColumns();
  const order: Order = { by: get('sort') || 'started', direction: get('order') === 'asc' ? 'asc' : 'desc' };
  const names = new Map(runs.rows.map(({ id, job }) => [id, `${job} #${id}`]));
  return (
    <Page title={t('nav.runs')}>
      <RunFilters />
      {!isSortable && (
        <p className="note" role="status">
          <span>
            {t('runs.sortNeeds')}{' '}
            <Button type="link" size="small" onClick={() => set({ sort: null, order: null })}>
              {t('runs.sortByStart')}
            </Button>
          </span>
        </p>
      )}
      {isSortable && (
        <Panel flush>
          <List
            caption={t('nav.runs')}
            columns={columns}
            rows={runs.rows}
            rowKey={({ id }) => id}
            query={runs}
            empty={t('runs.none')}
            chosen={chosen}
            onChoose={setChosen}
            order={order}
            onOrder={({ by, direction }) => set({ sort: by, order: direction })}
          />
        </Panel>
      )}
      <BulkBar
        chosen={chosen}
        nameOf={(id) => names.get(id) ?? `#${id}`}
        onDone={() => setChosen(new Set())}
        choices={[
          { action: 'run.retry-failed' },
          { action: 'run.resume' },
          { action: 'run.rerun' },
          { action: 'run.kill', danger: true },
        ]}
      />
    </Page>
  );
}
