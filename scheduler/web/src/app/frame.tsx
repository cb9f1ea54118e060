import { Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'react-router';
import { Bones, ProblemNote } from '../look/parts.tsx';
import { ChangePassword } from '../pages/enter/change-password.tsx';
import { Door } from '../pages/enter/door.tsx';
import { LogIn } from '../pages/enter/log-in.tsx';
import { SetUp } from '../pages/enter/set-up.tsx';
import { useStanding } from './session.tsx';
import { Shell } from './shell.tsx';

/** Who nobody knows sees the door; who has to change the password sees that; everybody else the shell. */
export function Frame() {
  const { t } = useTranslation();
  const { standing, ask, enter } = useStanding();
  const { pathname } = useLocation();
  switch (standing.kind) {
    case 'asking':
      return <Bones />;
    case 'unreachable':
      return (
        <Door title={t('enter.unreachable')}>
          <ProblemNote error={standing.error} onRetry={ask} />
        </Door>
      );
    case 'setup':
      return <SetUp token={/^\/setup\/(.+)$/.exec(pathname)?.[1] ?? ''} />;
    case 'out':
      return <LogIn />;
    case 'in':
      if (standing.session.principal.mustChangePassword) {
        return (
          <Door title={t('password.mustTitle')} lead={t('password.mustHelp')}>
            <ChangePassword onDone={enter} isDoor />
          </Door>
        );
      }
      return (
        <Suspense fallback={<Bones />}>
          <Shell />
        </Suspense>
      );
  }
}
