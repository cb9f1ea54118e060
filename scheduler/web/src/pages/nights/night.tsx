import './night.css';
import { Button, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';
import { type Reply, usePages, useRead } from '../../api/read.ts';
import { useLanguage } from '../../app/preferences.ts';
import { Icon } from '../../look/icon.tsx';
import { Empty, Facts, Loaded, Page, Panel } from '../../look/parts.tsx';
import { State, StateMark } from '../../look/state.tsx';
import { useSearch } from '../../look/use-search.ts';
import { Duration, Inert, Instant } from '../../look/values.tsx';
import { formatCount } from '../../pure/format.ts';
import { Money } from '../tonight/money.tsx';

type Report = Reply<'GET /nights/report'>;
type Section = Report['sections'][number];

export function NightPage() {
  const { group = '', nightId = '' } = useParams();
  const [get] = useSearch();
  const other = get('with');
  const report = useRead('GET /nights/report', { query: { group, nightId } });
  const beside = useRead('GET /nights/report', { query: { group, nightId: other } }, { enabled: other !== '' });
  return (
    <Loaded of={report}>
      {(data) => <Shown group={group} report={data} beside={other === '' ? null : (beside.data ?? null)} />}
    </Loaded>
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
  const nights = usePages('GET /nights', { query: { group } });
  const differences = night.differences;
  return (
    <Page
      title={t('night.title', { date: night.businessDate })}
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
      {differences !== null && (
        <section className={`why tone-${differences === 0 ? 'ok' : 'bad'}`}>
          <StateMark state={differences === 0 ? 'succeeded' : 'critical'} size={20} />
          <div>
            <p>{differences === 0 ? t('night.holds') : t('night.breaks', { count: differences })}</p>
            <p>{t('night.formula')}</p>
          </div>
        </section>
      )}
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
      {report.sections.map((section) => (
        <Panel key={section.name} title={t(`section.${section.name}`, { defaultValue: section.title })} flush>
          <SectionTable
            section={section}
            beside={beside?.sections.find(({ name }) => name === section.name) ?? null}
            names={[night.businessDate, beside?.night.businessDate ?? '']}
          />
        </Panel>
      ))}
    </Page>
  );
}

/** A table of the report. Beside another night, each cell that differs says what it was there. */
function SectionTable({
  section,
  beside,
  names,
}: {
  readonly section: Section;
  readonly beside: Section | null;
  readonly names: readonly [string, string];
}) {
  const { t } = useTranslation();
  const language = useLanguage();
  if (section.rows.length === 0) return <Empty>{t('night.noRows')}</Empty>;
  const text = (value: string | number | null | undefined) =>
    value === null || value === undefined ? '–' : typeof value === 'number' ? formatCount(value, language) : value;
  // Rows are the same where their words are the same: leg and currency, kind and request.
  const keyOf = (row: Section['rows'][number]) =>
    row
      .filter((value) => typeof value === 'string')
      .slice(0, 2)
      .join(' ');
  const others = new Map((beside?.rows ?? []).map((row) => [keyOf(row), row]));
  return (
    <div className="table-wrap">
      <table className="list cards">
        <caption className="visually-hidden">{section.title}</caption>
        <thead>
          <tr>
            {section.columns.map((column) => (
              <th key={column} scope="col">
                {t(`column.${column}`, { defaultValue: column })}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {section.rows.map((row, index) => {
            const other = others.get(keyOf(row)) ?? (beside?.rows.length === 1 ? beside.rows[0] : undefined);
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: rows of a report have no id and never move
              <tr key={index}>
                {section.columns.map((column, at) => {
                  // A row that is only here is said once.
                  const isOther = beside !== null && (other === undefined ? at === 0 : other[at] !== row[at]);
                  return (
                    <td
                      key={column}
                      data-label={t(`column.${column}`, { defaultValue: column })}
                      className={typeof row[at] === 'number' ? 'nowrap' : ''}
                    >
                      <div className={isOther ? 'differs' : ''}>
                        <Inert text={String(text(row[at]))} />
                        {isOther && (
                          <div className="small soft">
                            {other === undefined ? (
                              t('night.onlyHere', { date: names[1] })
                            ) : (
                              <>
                                {names[1]}: <Inert text={String(text(other[at]))} />
                              </>
                            )}
                          </div>
                        )}
                      </div>
                    </td>
                  );
                })}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function download(report: Report): void {
  const url = URL.createObjectURL(new Blob([JSON.stringify(report.document, null, 2)], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `report-${report.night.businessDate}.json`;
  link.click();
  URL.revokeObjectURL(url);
}
