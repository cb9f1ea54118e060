import { useTranslation } from 'react-i18next';
import { ApiProblem, call } from '../../api/client.ts';
import { SaveDialog } from '../../look/save-dialog.tsx';
import type { Basis } from './edit-script.tsx';
import { LineDiffView } from './line-diff-view.tsx';
import { RemarkField } from './remark-field.tsx';

/** What saving would change, before it does. */
export function SaveScript({
  jobId,
  basis,
  text,
  remark,
  onRemark,
  onSaved,
  onClose,
}: {
  readonly jobId: number;
  readonly basis: Basis;
  readonly text: string;
  readonly remark: string;
  readonly onRemark: (next: string) => void;
  readonly onSaved: () => void;
  readonly onClose: () => void;
}) {
  const { t } = useTranslation();
  const save = async () => {
    const body = { source: text, remark: remark.trim(), basedOn: basis.version };
    try {
      await call('POST /jobs/:jobId/scripts', { params: { jobId }, body });
    } catch (error) {
      // Closed, the dialog has the list read again, and beside the text stands what has come before it.
      if (isOutdated(error)) return;
      throw error;
    }
    onSaved();
  };
  return (
    <SaveDialog
      title={t('script.saveTitle', { version: basis.version + 1 })}
      width={900}
      isReady={remark.trim() !== ''}
      save={save}
      onClose={onClose}
    >
      {(wrong) => (
        <>
          <RemarkField value={remark} onChange={onRemark} problem={wrong('remark')} />
          <LineDiffView before={basis.text} after={text} label={t('script.yours', { version: basis.version })} />
        </>
      )}
    </SaveDialog>
  );
}

const isOutdated = (error: unknown): boolean =>
  error instanceof ApiProblem && error.status === 409 && error.details.path === 'basedOn';
