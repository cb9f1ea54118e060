import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { call } from '../../api/client.ts';
import { Loaded } from '../../look/parts.tsx';
import { SaveDialog } from '../../look/save-dialog.tsx';
import { LineDiffView } from './line-diff-view.tsx';
import { RemarkField } from './remark-field.tsx';
import { scriptPath, useScriptText } from './use-script.ts';

/** An earlier text as the next version, after one has seen what that changes. A newer one that comes meanwhile is seen, too. */
export function RestoreScript({
  jobId,
  version,
  newest,
  onClose,
}: {
  readonly jobId: number;
  readonly version: number;
  readonly newest: number;
  readonly onClose: () => void;
}) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [remark, setRemark] = useState(t('script.restoreRemark', { version }));
  const [now, then] = [useScriptText(jobId, newest), useScriptText(jobId, version)];
  const restore = async () => {
    const params = { jobId, version };
    await call('POST /jobs/:jobId/scripts/:version/restore', {
      params,
      body: { remark: remark.trim(), basedOn: newest },
    });
    void navigate(scriptPath(jobId));
  };
  return (
    <SaveDialog
      title={t('script.restoreTitle', { version, next: newest + 1 })}
      width={900}
      okText={t('versions.restore')}
      isReady={remark.trim() !== '' && now.text !== undefined && then.text !== undefined}
      save={restore}
      onClose={onClose}
    >
      {(wrong) => (
        <>
          <RemarkField value={remark} onChange={setRemark} problem={wrong('remark')} />
          <Loaded of={now}>
            {({ source: before }) => (
              <Loaded of={then}>
                {({ source }) => <LineDiffView before={before} after={source} label={t('script.differences')} />}
              </Loaded>
            )}
          </Loaded>
        </>
      )}
    </SaveDialog>
  );
}
