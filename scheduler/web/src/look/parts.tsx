import { Button } from 'antd';
import { Fragment, type ReactNode, useId } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiProblem, isUnconnected } from '../api/client.ts';
import { useWording } from '../app/preferences.ts';
import { sayProblem, sayRefusal } from '../pure/problem-text.ts';
import { StateMark } from './state.tsx';
import { Inert } from './values.tsx';

export function Page({
  title,
  lead,
  actions,
  children,
}: {
  readonly title: ReactNode;
  /** Beside the title: a state, a switch. */
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <div className="page">
      <header className="page-head">
        <h1>{title}</h1>
        {lead}
        {actions !== undefined && <div className="actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

export function Panel({
  title,
  lead,
  actions,
  flush = false,
  children,
  className = '',
}: {
  readonly title?: ReactNode;
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
  /** Tables run from edge to edge. */
  readonly flush?: boolean;
  readonly children: ReactNode;
  readonly className?: string;
}) {
  const id = useId();
  return (
    <section className={`panel ${className}`} {...(title === undefined ? {} : { 'aria-labelledby': id })}>
      {title !== undefined && (
        <div className="panel-head">
          <h2 id={id}>{title}</h2>
          {lead}
          {actions !== undefined && <div className="actions">{actions}</div>}
        </div>
      )}
      <div className={`panel-body ${flush ? 'flush' : ''}`}>{children}</div>
    </section>
  );
}

export const Bones = () => {
  const { t } = useTranslation();
  return (
    <div className="bones" role="status">
      <span />
      <span />
      <span />
      <i className="visually-hidden">{t('common.loading')}</i>
    </div>
  );
};

export function Empty({ children }: { readonly children: ReactNode }) {
  return (
    <div className="empty">
      <svg width="44" height="26" viewBox="0 0 44 26" fill="none" aria-hidden="true">
        <path d="M10 20a12 12 0 0 1 24 0" stroke="var(--line-strong)" strokeWidth="2" />
        <path
          d="M2 24h40M22 2v3M7.5 7.5l2 2m25-2-2 2"
          stroke="var(--line-strong)"
          strokeWidth="2"
          strokeLinecap="round"
        />
      </svg>
      {children}
    </div>
  );
}

/** What went wrong in words of the page where it has them, and always what the API said. */
export function ProblemNote({ error, onRetry }: { readonly error: unknown; readonly onRetry?: () => void }) {
  const { t } = useTranslation();
  const words = useProblemWords();
  return (
    <div className="problem" role="alert">
      <StateMark state="failed" />
      <div className="grow">
        <Inert text={words(error)} />
      </div>
      {onRetry !== undefined && (
        <Button size="small" onClick={onRetry}>
          {t('common.tryAgain')}
        </Button>
      )}
    </div>
  );
}

export function useProblemWords(): (error: unknown) => string {
  const { t, i18n } = useTranslation();
  const wording = useWording();
  return (error) => {
    if (!(error instanceof ApiProblem)) return error instanceof Error ? error.message : String(error);
    const key = `error.${error.code}`;
    const wait = error.retryAfterSeconds;
    const own = i18n.exists(key) ? t(key, { seconds: wait ?? 0 }) : '';
    return sayProblem(own, error.code === 'UNREACHABLE' ? '' : sayRefusal(error, wording));
  };
}

/** Why what is shown is not of now. That the scheduler does not answer is said once, above all pages. */
export function StaleNote({ of }: { readonly of: { readonly error: unknown; readonly refetch: () => unknown } }) {
  if (of.error === null || of.error === undefined || isUnconnected(of.error)) return null;
  return <ProblemNote error={of.error} onRetry={() => void of.refetch()} />;
}

export interface Asked<T> {
  readonly data: T | undefined;
  readonly error: unknown;
  readonly isPending: boolean;
  readonly refetch: () => unknown;
}
/** Bones while it is awaited, the reason when it failed; a former answer stays visible while a newer one is late. */
export function Loaded<T>({ of, children }: { readonly of: Asked<T>; readonly children: (data: T) => ReactNode }) {
  if (of.data !== undefined) {
    return (
      <>
        <StaleNote of={of} />
        {children(of.data)}
      </>
    );
  }
  if (of.error !== null && of.error !== undefined) {
    return <ProblemNote error={of.error} onRetry={() => void of.refetch()} />;
  }
  return <Bones />;
}

/** What is named 'wide' is a sentence and has room for it. */
export type Fact = readonly [name: string, value: ReactNode, width?: 'wide'];

export function Facts({ items }: { readonly items: readonly (Fact | null)[] }) {
  return (
    <dl className="facts">
      {items.map((item) =>
        item === null ? null : (
          <div key={item[0]} className={item[2] === 'wide' ? 'is-wide' : undefined}>
            <dt>{item[0]}</dt>
            <dd>{typeof item[1] === 'string' ? <Breakable text={item[1]} /> : item[1]}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

/** A long word such as SERIAL_EXECUTION goes on in the next line after its underscore, and nowhere else. */
const Breakable = ({ text }: { readonly text: string }) =>
  text.split(/(?<=_)/).map((part) => (
    <Fragment key={part}>
      {part}
      <wbr />
    </Fragment>
  ));

export function Progress({
  done,
  total,
  tone = 'run',
  label,
}: {
  readonly done: number;
  readonly total: number;
  readonly tone?: string;
  readonly label: string;
}) {
  const part = total <= 0 ? 0 : Math.min(100, (done * 100) / total);
  return (
    <div
      className={`progress tone-${tone}`}
      role="progressbar"
      aria-valuemin={0}
      aria-valuemax={total}
      aria-valuenow={done}
      aria-label={label}
    >
      <span style={{ width: `${part}%` }} />
    </div>
  );
}
