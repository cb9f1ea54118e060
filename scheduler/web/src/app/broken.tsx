import { Button } from 'antd';
import { Component, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useRouteError } from 'react-router';
import { ProblemNote } from '../look/parts.tsx';

/** A page that threw: said, with the menu still there. After an update of the server old files are gone: load anew. */
export function BrokenPage() {
  return <BrokenNote error={useRouteError()} />;
}

/** What threw around the pages: instead of a white screen. */
export function Broken() {
  return (
    <main className="shell-main">
      <BrokenPage />
    </main>
  );
}

/** What threw outside of any page, e.g. in a dialog. */
export class LastResort extends Component<
  { readonly children: ReactNode },
  { readonly thrown: readonly [unknown] | null }
> {
  override state: { readonly thrown: readonly [unknown] | null } = { thrown: null };
  static getDerivedStateFromError(error: unknown) {
    return { thrown: [error] };
  }
  override render() {
    const { thrown } = this.state;
    if (thrown === null) return this.props.children;
    return (
      <main className="shell-main">
        <BrokenNote error={thrown[0]} />
      </main>
    );
  }
}

function BrokenNote({ error }: { readonly error: unknown }) {
  const { t } = useTranslation();
  return (
    <div className="page">
      <h1>{t('broken.title')}</h1>
      <ProblemNote error={error} />
      <p>{t('broken.help')}</p>
      <div>
        <Button type="primary" onClick={() => window.location.reload()}>
          {t('broken.reload')}
        </Button>
      </div>
    </div>
  );
}
