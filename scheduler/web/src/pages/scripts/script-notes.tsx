import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { StateMark } from '../../look/state.tsx';
import { type ScriptLine, scriptPath } from './use-script.ts';

export function NoScript({ jobId, mayEdit }: { readonly jobId: number; readonly mayEdit: boolean }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  return (
    <div className="stack tight">
      <p className="note tone-warn">
        <StateMark state="held" />
        <span>{t('script.none')}</span>
      </p>
      {mayEdit && (
        <div>
          <Button type="primary" onClick={() => void navigate(`${scriptPath(jobId)}/edit`)}>
            {t('script.first')}
          </Button>
        </div>
      )}
    </div>
  );
}

/** The job has another language by now: what was saved for the one before is not run. */
export function OtherType({ newest, glueType }: { readonly newest: ScriptLine; readonly glueType: string }) {
  const { t } = useTranslation();
  if (newest.glueType === glueType) return null;
  return (
    <p className="note tone-warn">
      <StateMark state="held" />
      <span>{t('script.otherType', { version: newest.version, was: newest.glueType, type: glueType })}</span>
    </p>
  );
}

/** Whether it runs is not decided here. */
export function WhoRunsIt() {
  const { t } = useTranslation();
  return <p className="soft">{t('script.whoRunsIt')}</p>;
}
