import { Button, Input } from 'antd';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { usePages, useRead } from '../../api/read.ts';
import { useMay } from '../../app/session.tsx';
import { LabelFilters, NameCell, OnCell, OnFilter, onQuery, optionsOf, Tags } from '../../edit/definition-cells.tsx';
import { pathOf } from '../../edit/definition-ref.ts';
import { ScheduleWords } from '../../edit/schedule-words.tsx';
import { BulkBar } from '../../look/bulk.tsx';
import { Choose, SearchBox } from '../../look/choose.tsx';
import { Field } from '../../look/field.tsx';
import { Icon } from '../../look/icon.tsx';
import { List } from '../../look/list.tsx';
import { Page, Panel } from '../../look/parts.tsx';
import { StateMark } from '../../look/state.tsx';
import { filled, useSearch } from '../../look/use-search.ts';
import { Ago, Inert } from '../../look/values.tsx';

const SCHEDULES = ['none', 'cron', 'fixed_rate', 'fixed_delay', 'one_off', 'parent'] as const;

export function Jobs() {
  const { t } = useTranslation();
  const may = useMay();
  const [get] = useSearch();
  const [chosen, setChosen] = useState<ReadonlySet<string | number>>(new Set());
  const tag = useRef('');
  const query = filled({
    search: get('search'),
    group: get('group'),
    tag: get('tag'),
    owner: get('owner'),
    schedule: get('schedule') as 'cron' | '',
    ...onQuery(get),
  });
  const jobs = usePages('GET /jobs', { query }, { topics: ['jobs'] });
  const names = new Map(jobs.rows.map(({ id, name }) => [id, name]));
  const tagInput = (
    <Field label={t('jobs.tag')}>
      {(input) => <Input {...input} maxLength={64} onChange={({ target }) => (tag.current = target.value.trim())} />}
    </Field>
  );
  return (
    <Page
      title={t('nav.jobs')}
      actions={
        may('edit') && (
          <Link to="/jobs/new">
            <Button type="primary" icon={<Icon name="plus" size={15} />} tabIndex={-1}>
              {t('jobs.new')}
            </Button>
          </Link>
        )
      }
    >
      <JobFilters />
      <Panel flush>
        <List
          caption={t('nav.jobs')}
          rows={jobs.rows}
          rowKey={({ id }) => id}
          query={jobs}
          empty={t('jobs.none')}
          chosen={chosen}
          onChoose={setChosen}
          columns={[
            {
              key: 'name',
              title: t('jobs.name'),
              lead: true,
              cell: ({ id, name, title }) => <NameCell to={pathOf({ jobId: id })} name={name} title={title} />,
            },
            { key: 'state', title: t('jobs.isOn'), cell: (job) => <OnCell {...job} /> },
            {
              key: 'last',
              title: t('jobs.last'),
              cell: ({ lastRun }) =>
                lastRun === null ? (
                  <span className="soft">–</span>
                ) : (
                  <Link to={`/runs/${lastRun.runId}`} className="row tight">
                    <StateMark state={lastRun.state} />
                    <Ago atMs={lastRun.endedAtMs ?? lastRun.startedAtMs} />
                  </Link>
                ),
            },
            {
              key: 'schedule',
              title: t('jobs.schedule'),
              cell: ({ schedule, nextFireAtMs }) => (
                <div className="title-cell">
                  <ScheduleWords schedule={schedule} />
                  {nextFireAtMs !== null && (
                    <span className="small">
                      {t('jobs.next')} <Ago atMs={nextFireAtMs} />
                    </span>
                  )}
                </div>
              ),
            },
            {
              key: 'group',
              title: t('jobs.groupAndOwner'),
              cell: ({ group, owner }) => (
                <div className="title-cell">
                  <Inert text={group} />
                  {owner !== '' && <Inert text={owner} className="small soft" />}
                </div>
              ),
            },
            { key: 'tags', title: t('jobs.tags'), cell: ({ tags }) => <Tags tags={tags} /> },
          ]}
        />
      </Panel>
      <BulkBar
        chosen={chosen}
        nameOf={(id) => names.get(id) ?? `#${id}`}
        onDone={() => setChosen(new Set())}
        choices={[
          { action: 'job.run' },
          { action: 'job.enable' },
          { action: 'job.disable' },
          { action: 'job.hold' },
          { action: 'job.release' },
          { action: 'job.tag', tag: () => tag.current, extra: tagInput },
          { action: 'job.untag', tag: () => tag.current, extra: tagInput },
          { action: 'job.remove', danger: true },
        ]}
      />
    </Page>
  );
}

function JobFilters() {
  const { t } = useTranslation();
  const [get, set] = useSearch();
  const filters = useRead('GET /jobs/filters');
  return (
    <div className="filters">
      <SearchBox label={t('jobs.search')} value={get('search')} onChange={(search) => set({ search })} width={260} />
      <Choose
        label={t('runs.group')}
        value={get('group')}
        options={optionsOf(filters.data?.groups)}
        onChange={(group) => set({ group })}
      />
      <LabelFilters filters={filters.data} />
      <Choose
        label={t('jobs.schedule')}
        value={get('schedule')}
        options={SCHEDULES.map((value) => ({ value, label: t(`schedule.${value}`) }))}
        onChange={(schedule) => set({ schedule })}
      />
      <OnFilter />
    </div>
  );
}
