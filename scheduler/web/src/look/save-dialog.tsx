import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Dialog } from './dialog.tsx';
import { ProblemNote } from './parts.tsx';
import { isAllBeside, problemAt } from './problem-at.ts';

/** A form that is saved whole: it closes when the API has taken it, and stays with what is wrong when it has not. */
export function SaveDialog({
  title,
  width,
  okText,
  isReady,
  save,
  onClose,
  children,
}: {
  readonly title: ReactNode;
  readonly width?: number;
  /** Default: Save. */
  readonly okText?: string;
  /** Whether enough is filled in to ask the API. */
  readonly isReady: boolean;
  readonly save: () => Promise<unknown>;
  readonly onClose: () => void;
  /** Gets what the API finds wrong with a field, to be put beside it. */
  readonly children: (wrong: (path: string) => string | null) => ReactNode;
}) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [error, setError] = useState<unknown>(null);
  const send = async () => {
    setError(null);
    try {
      await save();
      void client.invalidateQueries();
      onClose();
    } catch (problem) {
      setError(problem);
    }
  };
  const beside = new Set<string>();
  const form = children((path) => {
    beside.add(path);
    return problemAt(error, path);
  });
  return (
    <Dialog
      title={title}
      {...(width === undefined ? {} : { width })}
      onCancel={onClose}
      onOk={() => void send()}
      okText={okText ?? t('common.save')}
      cancelText={t('common.cancel')}
      okButtonProps={{ disabled: !isReady }}
    >
      <div className="stack">
        {form}
        {error !== null && !isAllBeside(error, beside) && <ProblemNote error={error} />}
      </div>
    </Dialog>
  );
}
