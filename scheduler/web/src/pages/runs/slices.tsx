import { useTranslation } from 'react-i18next';
import { usePages } from '../../api/read.ts';
import { useLanguage } from '../../app/preferences.ts';
import { List } from '../../look/list.tsx';
import { Panel, Progress } from '../../look/parts.tsx';
import { State } from '../../look/state.tsx';
import { Inert } from '../../look/values.tsx';
import { formatCount } from '../../pure/format.ts';

/** The parts of the frozen selection, asked of an executor: there is nothing to show while none can be asked. */
export function Slices({ runId }: { readonly runId: number }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const slices = usePages(
    'GET /runs/:runId/slices',
    { params: { runId }, query: { limit: 50 } },
    { topics: [`run:${runId}`] },
  );
  return (
    <Panel title={t('run.slices')} flush>
      <div className="slices">
        <List
          caption={t('run.slices')}
          rows={slices.rows}
          rowKey={({ no }) => no}
          query={slices}
          notThere={t('list.notAnswered')}
          empty={t('run.noSlices')}
          columns={[
            {
              key: 'no',
              title: t('slice.no'),
              lead: true,
              cell: ({ no }) => <strong>{t('slice.name', { no })}</strong>,
            },
            { key: 'state', title: t('runs.state'), cell: ({ state }) => <State state={state} /> },
            { key: 'owner', title: t('slice.owner'), cell: ({ owner }) => <Inert text={owner ?? '–'} /> },
            {
              key: 'done',
              title: t('slice.done'),
              cell: ({ done, items, no }) => (
                <div className="slice-done">
                  <span className="small">
                    {formatCount(done, language)} / {formatCount(items, language)}
                  </span>
                  <Progress
                    done={done}
                    total={items}
                    label={t('slice.name', { no })}
                    tone={done >= items ? 'ok' : 'run'}
                  />
                </div>
              ),
            },
            {
              key: 'range',
              title: t('slice.range'),
              align: 'num',
              cell: ({ fromSeq, toSeq }) => `${formatCount(fromSeq, language)} – ${formatCount(toSeq, language)}`,
            },
          ]}
        />
      </div>
    </Panel>
  );
}
