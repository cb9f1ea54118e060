import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Panel } from '../../look/parts.tsx';
import { Inert, Instant, Said } from '../../look/values.tsx';
import { RestoreScript } from './restore-script.tsx';
import type { ScriptLine } from './use-script.ts';

/** Every version that is kept: when, by whom, and what has changed. */
export function ScriptVersions({
  job,
  items,
  shown,
  mayEdit,
  onShow,
}: {
  readonly job: { readonly id: number; readonly glueType: string };
  readonly items: readonly ScriptLine[];
  readonly shown: number;
  readonly mayEdit: boolean;
  readonly onShow: (version: number) => void;
}) {
  const { t } = useTranslation();
  const [restoring, setRestoring] = useState<number | null>(null);
  const newest = items[0]?.version ?? 0;
  return (
    <Panel title={t('versions.title')} flush>
      <ul className="versions">
        {items.map((script) => (
          <li
            key={script.version}
            className="script-line"
            {...(script.version === shown ? { 'aria-current': 'true' as const } : {})}
          >
            <div className="row between">
              <strong>{t('versions.name', { version: script.version })}</strong>
              <span className="row tight">
                {script.version === newest && <span className="pill tone-ok">{t('versions.current')}</span>}
                {script.glueType !== job.glueType && <span className="tag">{script.glueType}</span>}
                {script.version !== shown && (
                  <Button size="small" type="text" onClick={() => onShow(script.version)}>
                    {t('script.show')}
                  </Button>
                )}
                {mayEdit && script.version !== newest && script.glueType === job.glueType && (
                  <Button size="small" onClick={() => setRestoring(script.version)}>
                    {t('versions.restore')}
                  </Button>
                )}
              </span>
            </div>
            <div>
              <Said text={script.remark} />
            </div>
            <div className="small soft">
              <Instant atMs={script.savedAtMs} /> · <Inert text={script.by} /> ·{' '}
              <code title={script.sha256}>{script.sha256.slice(0, 12)}</code>
            </div>
          </li>
        ))}
      </ul>
      {restoring !== null && (
        <RestoreScript jobId={job.id} version={restoring} newest={newest} onClose={() => setRestoring(null)} />
      )}
    </Panel>
  );
}
