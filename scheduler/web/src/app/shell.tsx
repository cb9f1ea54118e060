import { Button } from 'antd';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, NavLink, Outlet, useLocation } from 'react-router';
import { shownAsOfMs } from '../api/connection.ts';
import { useIsConnectionLost, useIsLive, useRead } from '../api/read.ts';
import { Icon, type IconName } from '../look/icon.tsx';
import { StateMark } from '../look/state.tsx';
import { setServerNow } from '../look/values.tsx';
import { formatInstant } from '../pure/format.ts';
import { Head } from './head.tsx';
import { useLanguage } from './preferences.ts';
import { useMay, useSession } from './session.tsx';

interface Place {
  readonly to: string;
  readonly icon: IconName;
  readonly text: string;
  readonly admin?: true;
  readonly gapBefore?: true;
}
const PLACES: readonly Place[] = [
  { to: '/', icon: 'tonight', text: 'nav.tonight' },
  { to: '/jobs', icon: 'jobs', text: 'nav.jobs' },
  { to: '/chains', icon: 'chains', text: 'nav.chains' },
  { to: '/runs', icon: 'runs', text: 'nav.runs' },
  { to: '/items', icon: 'items', text: 'nav.items' },
  { to: '/executors', icon: 'executors', text: 'nav.executors' },
  { to: '/nights', icon: 'nights', text: 'nav.nights' },
  { to: '/alarms', icon: 'alarms', text: 'nav.alarms' },
  { to: '/approvals', icon: 'approvals', text: 'nav.approvals' },
  { to: '/holds', icon: 'holds', text: 'nav.holds' },
  { to: '/calendars', icon: 'calendars', text: 'nav.calendars', gapBefore: true },
  { to: '/reports', icon: 'reports', text: 'nav.reports' },
  { to: '/users', icon: 'users', text: 'nav.users', admin: true },
  { to: '/audit', icon: 'audit', text: 'nav.audit', admin: true },
];

export function Shell() {
  const { t } = useTranslation();
  const drawer = useRef<HTMLDialogElement>(null);
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const { installation } = useSession();
  const isLost = useIsConnectionLost();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new place closes the drawer and starts at its top
  useEffect(() => {
    drawer.current?.close();
    main.current?.scrollTo(0, 0);
  }, [pathname]);
  return (
    <div className={`shell ${isLost ? 'is-lost' : ''}`}>
      <button type="button" className="skip" onClick={() => main.current?.focus()}>
        {t('shell.skip')}
      </button>
      <aside className="shell-side" aria-label={t('shell.menu')}>
        <Places />
      </aside>
      <header className="shell-head">
        <Button
          className="menu-button"
          type="text"
          aria-label={t('shell.menu')}
          icon={<Icon name="menu" />}
          onClick={() => drawer.current?.showModal()}
        />
        <Head isDev={installation.isDev} />
      </header>
      <div className="shell-lost" role="status">
        {isLost && <Lost />}
      </div>
      <main className="shell-main" id="main" ref={main} tabIndex={-1}>
        <Outlet />
      </main>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes a dialog by itself; the click is on its backdrop */}
      <dialog
        className="drawer"
        ref={drawer}
        aria-label={t('shell.menu')}
        onClick={({ target, currentTarget }) => target === currentTarget && currentTarget.close()}
      >
        <Places />
      </dialog>
    </div>
  );
}

/** Nothing below is of now, and it says of when it is. */
function Lost() {
  const { t } = useTranslation();
  const language = useLanguage();
  const at = formatInstant(shownAsOfMs(), { language, style: 'second' });
  return (
    <p>
      <StateMark state="silent" /> <span>{t('shell.lost', { at })}</span>
    </p>
  );
}

/** Also when nothing is told: a stream may be dead for long before the browser finds out. */
const STATUS_MS = 20_000;

function Places() {
  const { t } = useTranslation();
  const may = useMay();
  const { installation } = useSession();
  const status = useRead('GET /status', {}, { topics: ['runs', 'alarms', 'approvals'], everyMs: STATUS_MS });
  const isLive = useIsLive();
  const { refetch } = status;
  // A stream that breaks is the first sign that nobody answers any more.
  useEffect(() => {
    if (!isLive) void refetch();
  }, [isLive, refetch]);
  useEffect(() => {
    if (status.data !== undefined) setServerNow(status.data.nowMs);
  }, [status.data]);
  const counts: Readonly<Record<string, readonly [number, string]>> = {
    '/alarms': [status.data?.alarmsOpen ?? 0, 'bad'],
    '/approvals': [status.data?.approvalsOpen ?? 0, 'warn'],
    '/runs': [status.data?.openRuns ?? 0, 'run'],
  };
  return (
    <>
      <Link className="brand" to="/">
        <img src="./daybreak.svg" alt="" />
        Daybreak
      </Link>
      <nav className="nav" aria-label={t('shell.places')}>
        {PLACES.filter(({ admin }) => admin !== true || may('admin')).map(({ to, icon, text, gapBefore }) => {
          const [count, tone] = counts[to] ?? [0, 'wait'];
          return [
            gapBefore === true && <div key={`${to} gap`} className="nav-gap" />,
            <NavLink key={to} to={to} end={to === '/'}>
              <Icon name={icon} />
              {t(text)}
              {count > 0 && <span className={`count pill tone-${tone}`}>{count > 999 ? '999+' : count}</span>}
            </NavLink>,
          ];
        })}
      </nav>
      <div className="side-foot">
        {installation.version !== '' && <div>{t('shell.version', { version: installation.version })}</div>}
        <div>{t('shell.zone', { zone: Intl.DateTimeFormat().resolvedOptions().timeZone })}</div>
      </div>
    </>
  );
}
