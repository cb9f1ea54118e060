import './night.css';
import { Button, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';
import { type Reply, usePages, useRead } from '../../api/read.ts';
import { Icon } from '../../look/icon.tsx';
import { LoadedPage } from '../../look/loaded-page.tsx';
import { Facts, Page, Panel, ProblemNote } from '../../look/parts.tsx';
import { State } from '../../look/state.tsx';
import { useSearch } from '../../look/use-search.ts';
import { Duration, Instant } from '../../look/values.tsx';
import { Money } from '../tonight/money.tsx';
import { Conservation } from './conservation.tsx';
import { NightVerdict } from './night-verdict.tsx';
import { SectionTable } from './section-table.tsx';

type Report = Reply<'GET /nights/report'>;

/** Tables of so few columns stand beside each other. */
const isNarrow = ({ columns }: Report['sections'][number]): boolean => columns.length <= 3;

export function NightPage() {
  const { group = '', nightId = '' } = useParams();
  return <OfNight key={`${group} ${nightId}`} group={group} nightId={nightId} />;
}

function OfNight({ group, nightId }: { readonly group: string; readonly nightId: string }) {
  const { t } = useTranslation();
  const [get] = useSearch();
  const other = get('with');
  const report = useRead('GET /nights/report', { query: { group, nightId } });
  const beside = useRead('GET /nights/report', { query: { group, nightId: other } }, { enabled: other !== '' });
  return (
    <LoadedPage
      of={report}
      title={t('night.number', { id: nightId })}
      back={{ to: `/nights?group=${encodeURIComponent(group)}`, text: t('nav.nights') }}
    >
      {(data) => (
        <>
          {beside.error !== null && <ProblemNote error={beside.error} onRetry={() => void beside.refetch()} />}
          <Shown group={group} report={data} beside={other === '' ? null : (beside.data ?? null)} />
        </>
      )}
    </LoadedPage>
  );
}

function Shown({
  group,
  report,
  beside,
}: {
  readonly group: string;
  readonly report: Report;
  readonly beside: Report | null;
}) {
  const { t } = useTranslation();
  const [get, set] = useSearch();
  const { night } = report;
  // Two nights may be of one date.
  const other = beside === null ? '' : `${beside.night.businessDate} #${beside.night.nightId}`;
  const nights = usePages('GET /nights', { query: { group } });
  return (
    <Page
      title={
        <>
          {t('night.title', { date: night.businessDate })} <span className="soft">#{night.nightId}</span>
        </>
      }
      lead={<State state={night.state} />}
      actions={
        <>
          <Select
            aria-label={t('night.compare')}
            placeholder={t('night.compare')}
            allowClear
            value={get('with') === '' ? null : get('with')}
            options={nights.rows
              .filter(({ nightId }) => nightId !== night.nightId)
              .map(({ nightId, businessDate }) => ({ value: nightId, label: `${businessDate} #${nightId}` }))}
            onChange={(next) => set({ with: next ?? null })}
            style={{ minWidth: 190 }}
          />
          <Button icon={<Icon name="download" size={15} />} onClick={() => download(report)}>
            {t('common.download')}
          </Button>
        </>
      }
    >
      <NightVerdict night={night} group={group} />
      <div className="split">
        <Panel title={t('tonight.money')}>
          <Money
            frozen={night.totals.filter(({ state }) => state === null)}
            told={night.totals.filter(({ state }) => state !== null)}
          />
        </Panel>
        <Panel title={t('run.facts')}>
          <Facts
            items={[
              [t('runs.date'), night.businessDate],
              [t('runs.started'), <Instant key="started" atMs={night.startedAtMs} />],
              [t('run.ended'), <Instant key="ended" atMs={night.endedAtMs} />],
              [
                t('runs.duration'),
                <Duration
                  key="duration"
                  ms={
                    night.startedAtMs === null || night.endedAtMs === null ? null : night.endedAtMs - night.startedAtMs
                  }
                />,
              ],
              night.chainRunId === null
                ? null
                : [
                    t('chain.runs'),
                    <Link key="chain" to={`/?chainRun=${night.chainRunId}`}>
                      #{night.chainRunId}
                    </Link>,
                  ],
            ]}
          />
        </Panel>
      </div>
      <Conservation
        totals={night.totals}
        beside={beside === null ? null : { date: other, totals: beside.night.totals }}
      />
      <div className="night-tables">
        {report.sections
          .filter(({ name }) => name !== 'conservation')
          // Differences, the widest, are what one has to read; the rest is beside it.
          .sort((a, b) => Number(isNarrow(a)) - Number(isNarrow(b)))
          .map((section) => (
            <Panel
              key={section.name}
              title={t(`section.${section.name}`, { defaultValue: section.title })}
              flush
              className={isNarrow(section) ? '' : 'is-wide'}
            >
              <SectionTable
                section={section}
                beside={beside?.sections.find(({ name }) => name === section.name) ?? null}
                date={other}
              />
            </Panel>
          ))}
      </div>
    </Page>
  );
}

/** The whole document, as the executor made it. */
function download(report: Report): void {
  const url = URL.createObjectURL(new Blob([JSON.stringify(report.document, null, 2)], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `report-${report.night.businessDate}.json`;
  link.click();
  URL.revokeObjectURL(url);
}
