import './enter.css';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { PreferenceMenus } from '../../app/head.tsx';

/** Spread by the golden ratio: even, and never in rows. */
const STARS = Array.from({ length: 70 }, (_, n) => ({
  x: (n * 61.8034) % 100,
  y: (((n * 75.4878) % 100) / 100) ** 1.5 * 56,
  r: 0.5 + ((n * 7) % 5) * 0.22,
}));

/** What stands before the shell: a sky just before sunrise, and one form. */
export function Door({
  title,
  lead,
  children,
}: {
  readonly title: string;
  readonly lead?: string;
  readonly children: ReactNode;
}) {
  const { t } = useTranslation();
  return (
    <div className="door">
      <header className="door-sky">
        <span className="door-sun" />
        <svg aria-hidden="true" preserveAspectRatio="none">
          {STARS.map(({ x, y, r }) => (
            <circle key={`${x} ${y}`} cx={`${x}%`} cy={`${y}%`} r={r} fill="#fff" opacity={0.75 - y / 90} />
          ))}
        </svg>
        <div>
          <strong>Daybreak</strong>
        </div>
        <div>
          <p>{t('enter.promise')}</p>
        </div>
      </header>
      <main className="door-form">
        <div className="door-menus">
          <PreferenceMenus />
        </div>
        <div className="stack tight">
          <h1>{title}</h1>
          {lead !== undefined && <p className="soft">{lead}</p>}
        </div>
        {children}
      </main>
    </div>
  );
}
