import { useTranslation } from 'react-i18next';

/** The few signs of the page, drawn here: a set of icons would weigh more than all of them. 18 by 18, in the text's colour. */
const PATHS = {
  tonight: 'M3 13a6 6 0 0 1 12 0M1.5 15.5h15M9 2.5v2M3.6 5.1l1.3 1.3m9.5-1.3-1.3 1.3',
  jobs: 'M3 4.5h12M3 9h12M3 13.5h7',
  chains: 'M2.5 6.5h4v5h-4zM11.5 2.5h4v4h-4zM11.5 11.5h4v4h-4zM6.5 8c3 0 2-3.5 5-3.5M6.5 10c3 0 2 3.5 5 3.5',
  runs: 'M5 3.2v11.6L14.5 9z',
  items: 'M3 5.2 9 2.5l6 2.7v7.6l-6 2.7-6-2.7zM3 5.2 9 8l6-2.8M9 8v7.5',
  executors: 'M3 3.5h12v4.5H3zM3 10h12v4.5H3zM5.6 5.7h.1M5.6 12.2h.1',
  nights: 'M14.8 10.6A6.4 6.4 0 0 1 7.4 3.2a6.4 6.4 0 1 0 7.4 7.4z',
  alarms: 'M4.5 12.5V8a4.5 4.5 0 0 1 9 0v4.5l1.2 1.3H3.3zM7.5 15.6h3',
  approvals: 'M2.5 9.5 6 13l5-6.5M9 12.5l.5.5 6-7.5',
  holds: 'M6 3.5v11M12 3.5v11',
  calendars: 'M2.8 4.3h12.4v11H2.8zM2.8 7.6h12.4M6 2.5v3M12 2.5v3',
  reports: 'M3 15V9.5M7 15V5M11 15v-4M15 15V2.8',
  users:
    'M6.6 8.4a2.6 2.6 0 1 0 0-5.2 2.6 2.6 0 0 0 0 5.2zM1.8 15c.3-3 2.2-4.6 4.8-4.6s4.5 1.6 4.8 4.6M12 3.4a2.6 2.6 0 0 1 0 4.9M13.2 10.6c1.8.5 2.8 2 3 4.4',
  audit: 'M4 2.5h7l3 3v10H4zM6.5 8h5M6.5 11h5',
  menu: 'M2.5 4.5h13M2.5 9h13M2.5 13.5h13',
  light:
    'M9 12.4a3.4 3.4 0 1 0 0-6.8 3.4 3.4 0 0 0 0 6.8zM9 1.5v1.6M9 15v1.5M1.5 9h1.6M15 9h1.5M3.7 3.7l1.1 1.1m8.4 8.4 1.1 1.1m0-10.6-1.1 1.1m-8.4 8.4-1.1 1.1',
  dark: 'M14.8 10.6A6.4 6.4 0 0 1 7.4 3.2a6.4 6.4 0 1 0 7.4 7.4z',
  auto: 'M2.5 3.5h13v9h-13zM6.5 15.5h5',
  person: 'M9 8.6a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM3.4 15.4c.4-3 2.6-4.6 5.6-4.6s5.2 1.6 5.6 4.6',
  search: 'M8 13A5 5 0 1 0 8 3a5 5 0 0 0 0 10zM11.8 11.8 15.5 15.5',
  plus: 'M9 3v12M3 9h12',
  copy: 'M6 6h9v9H6zM3 12V3h9',
  download: 'M9 2.5v9m-4-3.6 4 3.8 4-3.8M3 15.3h12',
  more: 'M4 9h.1M9 9h.1M14 9h.1',
  back: 'M11 3.5 5.5 9l5.5 5.5',
  trash: 'M3 5h12M7 5V3h4v2M4.6 5l.7 10h7.4l.7-10',
  edit: 'M3 15l.8-3.4L12 3.4 14.6 6 6.4 14.2z',
  log: 'M3 3.5h12M3 7.2h8M3 10.9h12M3 14.6h6',
  flag: 'M4 16V2.5M4 3.2h9l-2 3 2 3H4',
} as const;
export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 18 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 18 18" fill="none" aria-hidden="true" className="icon">
      <path d={PATHS[name]} stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}

/** A search button says what it is to those who do not see its sign. */
export function SearchSign() {
  const { t } = useTranslation();
  return (
    <span>
      <Icon name="search" size={15} />
      <span className="visually-hidden">{t('common.search')}</span>
    </span>
  );
}
