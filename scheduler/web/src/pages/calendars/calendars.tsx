import './calendars.css';
import { useQueryClient } from '@tanstack/react-query';
import { Button, Input, Segmented } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/client.ts';
import { useRead } from '../../api/read.ts';
import { useMay } from '../../app/session.tsx';
import { Field } from '../../look/field.tsx';
import { Icon } from '../../look/icon.tsx';
import { Empty, Loaded, Page, Panel, ProblemNote } from '../../look/parts.tsx';
import { problemAt } from '../../look/problem-at.ts';
import { useSearch } from '../../look/use-search.ts';
import { ShownCalendar } from './shown-calendar.tsx';

export function Calendars() {
  const { t } = useTranslation();
  const may = useMay();
  const [get, set] = useSearch();
  const [isNew, setIsNew] = useState(false);
  const calendars = useRead('GET /calendars', {}, { topics: ['jobs'] });
  return (
    <Page
      title={t('nav.calendars')}
      actions={
        may('edit', '*') && (
          <Button type="primary" icon={<Icon name="plus" size={15} />} onClick={() => setIsNew(true)}>
            {t('calendars.new')}
          </Button>
        )
      }
    >
      <Loaded of={calendars}>
        {({ items }) => {
          const shown = items.find(({ calendar }) => calendar.name === get('name')) ?? items[0];
          return (
            <>
              {isNew && (
                <NewCalendar
                  onMade={(name) => {
                    setIsNew(false);
                    set({ name });
                  }}
                  onClose={() => setIsNew(false)}
                />
              )}
              {items.length > 1 && shown !== undefined && (
                <div>
                  <Segmented
                    aria-label={t('nav.calendars')}
                    value={shown.calendar.name}
                    options={items.map(({ calendar }) => calendar.name)}
                    onChange={(name) => set({ name })}
                  />
                </div>
              )}
              {shown === undefined ? (
                !isNew && (
                  <Panel>
                    <Empty>{t('calendars.none')}</Empty>
                  </Panel>
                )
              ) : (
                <ShownCalendar
                  key={`${shown.calendar.name} ${shown.version}`}
                  view={shown}
                  mayEdit={may('edit', '*')}
                />
              )}
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}

function NewCalendar({ onMade, onClose }: { readonly onMade: (name: string) => void; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [error, setError] = useState<unknown>(null);
  const make = async () => {
    try {
      await call('PUT /calendars/:calendar', { params: { calendar: name }, body: { calendar: { name } } });
      await client.invalidateQueries();
      onMade(name);
    } catch (problem) {
      setError(problem);
    }
  };
  return (
    <Panel title={t('calendars.new')}>
      <div className="stack">
        <Field label={t('calendars.name')} problem={problemAt(error, 'calendar')}>
          {(input) => <Input {...input} value={name} onChange={({ target }) => setName(target.value)} />}
        </Field>
        {error !== null && problemAt(error, 'calendar') === null && <ProblemNote error={error} />}
        <div className="row">
          <Button type="primary" disabled={name === ''} onClick={() => void make()}>
            {t('common.save')}
          </Button>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
        </div>
      </div>
    </Panel>
  );
}
