import { Button, DatePicker } from 'antd';
import dayjs from 'dayjs';
import { useTranslation } from 'react-i18next';
import { useRead } from '../../api/read.ts';
import { Choose } from '../../look/choose.tsx';
import { useStateWord } from '../../look/state.tsx';
import { useSearch } from '../../look/use-search.ts';

const RUN_STATES = [
  'waiting',
  'running',
  'dispatched',
  'succeeded',
  'failed',
  'timed_out',
  'cancelled',
  'discarded',
] as const;

/** By which runs are found; what is chosen stands in the address. */
export function RunFilters() {
  const { t } = useTranslation();
  const word = useStateWord();
  const [get, set] = useSearch();
  const filters = useRead('GET /jobs/filters');
  const jobs = useRead('GET /jobs', { query: { limit: 200 } });
  const chains = useRead('GET /chains', { query: { limit: 200 } });
  const states = ['open', 'bad', ...RUN_STATES].map((state) => ({
    value: state,
    label: state === 'open' || state === 'bad' ? t(`runs.${state}`) : word(state),
  }));
  const of = (names: readonly string[] | undefined) => (names ?? []).map((name) => ({ value: name, label: name }));
  const [from, to] = [get('from'), get('to')];
  const areSweepsOut = get('sweeps') !== 'with';
  return (
    <div className="filters">
      <Choose label={t('runs.state')} value={get('state')} options={states} onChange={(state) => set({ state })} />
      <Choose
        label={t('runs.job')}
        value={get('job')}
        search
        width={190}
        options={(jobs.data?.items ?? []).map(({ id, name }) => ({ value: String(id), label: name }))}
        onChange={(job) => set({ job })}
      />
      <Choose
        label={t('runs.chain')}
        value={get('chain')}
        search
        options={of(chains.data?.items.map(({ name }) => name))}
        onChange={(chain) => set({ chain })}
      />
      <Choose
        label={t('runs.group')}
        value={get('group')}
        options={of(filters.data?.groups)}
        onChange={(group) => set({ group })}
      />
      <DatePicker
        aria-label={t('runs.date')}
        placeholder={t('runs.date')}
        value={get('date') === '' ? null : dayjs(get('date'))}
        onChange={(day) => set({ date: day === null ? null : day.format('YYYY-MM-DD') })}
        style={{ width: 150 }}
      />
      <DatePicker.RangePicker
        showTime={{ format: 'HH:mm' }}
        format="YYYY-MM-DD HH:mm"
        aria-label={t('runs.started')}
        placeholder={[t('runs.from'), t('runs.to')]}
        value={from === '' || to === '' ? null : [dayjs(Number(from)), dayjs(Number(to))]}
        onChange={(range) =>
          set({
            from: range?.[0] == null ? null : String(range[0].valueOf()),
            to: range?.[1] == null ? null : String(range[1].valueOf()),
          })
        }
        style={{ width: 330, maxWidth: '100%' }}
      />
      {get('job') === '' && (
        <Button shape="round" onClick={() => set({ sweeps: areSweepsOut ? 'with' : null })}>
          {t(areSweepsOut ? 'runs.sweepsOut' : 'runs.leaveSweepsOut')}
        </Button>
      )}
    </div>
  );
}
