import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { call } from '../api/client.ts';
import { useIsConnectionLost, useIsLive } from '../api/read.ts';
import { BulkWork } from '../look/bulk-work.tsx';
import { Icon } from '../look/icon.tsx';
import { MenuBelow } from '../look/menu-below.tsx';
import { setPreferences, type Theme, usePreferences } from './preferences.ts';
import { useSession, useStanding } from './session.tsx';

/** Where one is, how live it is, and what one prefers. */
export function Head({ isDev }: { readonly isDev: boolean }) {
  const { t } = useTranslation();
  return (
    <>
      <strong className="cut">{window.location.host}</strong>
      {isDev && (
        <span className="pill tone-warn" title={t('shell.devHelp')}>
          {t('shell.dev')}
        </span>
      )}
      <span className="grow" />
      <BulkWork />
      <LiveSign />
      <PreferenceMenus keep />
      <PersonMenu />
    </>
  );
}

/** How the page hears of changes. Where there is little room the dot alone says it. */
function LiveSign() {
  const { t } = useTranslation();
  const isLive = useIsLive();
  const isLost = useIsConnectionLost();
  const how = isLost ? 'lost' : isLive ? 'live' : 'polling';
  const [text, help] = {
    live: [t('shell.live'), t('shell.liveHelp')],
    polling: [t('shell.polling'), t('shell.pollHelp')],
    lost: [t('shell.unconnected'), t('shell.unconnectedHelp')],
  }[how];
  return (
    <span className={`live is-${how}`} title={help}>
      <span className="live-dot" />
      <span className="live-text">{text}</span>
    </span>
  );
}

/** Also on the pages before log-in; `keep`: with the person. */
export function PreferenceMenus({ keep = false }: { readonly keep?: boolean }) {
  const { t } = useTranslation();
  const { language, theme } = usePreferences();
  const change = (next: { language?: 'en' | 'zh'; theme?: Theme }) => {
    void setPreferences(next);
    // It is set in this browser whatever becomes of this.
    if (keep) void call('PATCH /session/preferences', { body: next }).catch(() => undefined);
  };
  const themes = (['light', 'dark', 'system'] as const).map((key) => ({ key, label: t(`theme.${key}`) }));
  return (
    <>
      <Button
        type="text"
        lang={language === 'en' ? 'zh-CN' : 'en'}
        aria-label={language === 'en' ? '中文：切换语言' : 'EN: switch to English'}
        onClick={() => change({ language: language === 'en' ? 'zh' : 'en' })}
      >
        {language === 'en' ? '中文' : 'EN'}
      </Button>
      <MenuBelow
        menu={{
          items: themes,
          selectable: true,
          selectedKeys: [theme],
          onClick: ({ key }) => change({ theme: key as Theme }),
        }}
      >
        <Button type="text" aria-label={t('theme.label')} icon={<Icon name={theme === 'system' ? 'auto' : theme} />} />
      </MenuBelow>
    </>
  );
}

function PersonMenu() {
  const { t } = useTranslation();
  const { principal } = useSession();
  const { leave } = useStanding();
  const navigate = useNavigate();
  const name = principal.displayName === '' ? principal.name : principal.displayName;
  return (
    <MenuBelow
      menu={{
        items: [
          { key: 'me', label: t('me.title') },
          { key: 'out', label: t('enter.logOut') },
        ],
        onClick: ({ key }) => (key === 'me' ? void navigate('/me') : void leave()),
      }}
    >
      <Button type="text" icon={<Icon name="person" />} aria-label={t('shell.person', { name })}>
        <span className="hide-narrow">{name}</span>
      </Button>
    </MenuBelow>
  );
}
