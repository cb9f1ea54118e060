import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { Loaded, Panel } from '../../look/parts.tsx';
import { CodeView } from './code-view.tsx';
import { NoScript, OtherType } from './script-notes.tsx';
import { scriptPath, useScripts, useScriptText } from './use-script.ts';

/** What a script job runs, on its own page. */
export function ScriptPanel({
  job,
  mayEdit,
}: {
  readonly job: { readonly id: number; readonly glueType: string };
  readonly mayEdit: boolean;
}) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const scripts = useScripts(job.id);
  const newest = scripts.data?.items[0];
  const script = useScriptText(job.id, newest?.version ?? 0);
  return (
    <Panel
      title={t('script.title')}
      actions={
        newest !== undefined && (
          <>
            {mayEdit && (
              <Button size="small" onClick={() => void navigate(`${scriptPath(job.id)}/edit`)}>
                {t('script.edit')}
              </Button>
            )}
            <Link to={scriptPath(job.id)}>{t('script.open')}</Link>
          </>
        )
      }
    >
      <Loaded of={scripts}>
        {() =>
          newest === undefined ? (
            <NoScript jobId={job.id} mayEdit={mayEdit} />
          ) : (
            <div className="stack tight">
              <OtherType newest={newest} glueType={job.glueType} />
              <Loaded of={script}>
                {({ source }) => (
                  <CodeView text={source} label={t('script.text', { version: newest.version })} isShort />
                )}
              </Loaded>
            </div>
          )
        }
      </Loaded>
    </Panel>
  );
}
