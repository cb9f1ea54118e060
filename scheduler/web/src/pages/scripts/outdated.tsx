import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { useAsk } from '../../look/ask.tsx';
import { Loaded, Panel } from '../../look/parts.tsx';
import { StateMark } from '../../look/state.tsx';
import { Inert, Instant, Said } from '../../look/values.tsx';
import type { Basis } from './edit-script.tsx';
import { LineDiffView } from './line-diff-view.tsx';
import { type ScriptLine, useScriptText } from './use-script.ts';

/** Somebody else was first: what they changed, what one's own text would change in that, and how to go on. */
export function Outdated({
  jobId,
  basis,
  newest,
  text,
  onKeep,
  onDrop,
}: {
  readonly jobId: number;
  readonly basis: Basis;
  readonly newest: ScriptLine;
  readonly text: string;
  readonly onKeep: (next: Basis) => void;
  readonly onDrop: (next: Basis) => void;
}) {
  const { t } = useTranslation();
  const ask = useAsk();
  const { version } = newest;
  const theirs = useScriptText(jobId, version);
  const drop = (next: Basis) =>
    ask({
      title: t('script.dropTitle', { version }),
      body: <p>{t('edit.leaveHelp')}</p>,
      ok: t('script.drop', { version }),
      danger: true,
      act: async () => onDrop(next),
    });
  return (
    <Panel title={t('script.outdated', { version })}>
      <div className="stack">
        <p className="note tone-warn" role="alert">
          <StateMark state="held" />
          <span>
            <Inert text={newest.by} /> · <Instant atMs={newest.savedAtMs} /> · <Said text={newest.remark} />
            <br />
            {t('script.outdatedHelp', { version })}
          </span>
        </p>
        <Loaded of={theirs}>
          {({ source }) => (
            <>
              <div className="stack tight">
                <h3>{t('script.theirs', { version })}</h3>
                <LineDiffView before={basis.text} after={source} label={t('script.theirs', { version })} />
              </div>
              <div className="stack tight">
                <h3>{t('script.yours', { version })}</h3>
                <LineDiffView before={source} after={text} label={t('script.yours', { version })} />
              </div>
              <div className="row">
                <Button type="primary" onClick={() => onKeep({ version, text: source })}>
                  {t('script.keep', { version })}
                </Button>
                <Button danger onClick={() => drop({ version, text: source })}>
                  {t('script.drop', { version })}
                </Button>
              </div>
            </>
          )}
        </Loaded>
      </div>
    </Panel>
  );
}
