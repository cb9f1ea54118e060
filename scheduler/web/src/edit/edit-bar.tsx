import './edit.css';
import { Button } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { Leaving } from '../look/leaving.tsx';
import { ProblemNote } from '../look/parts.tsx';
import { Said } from '../look/values.tsx';
import type { Editor } from './use-editor.ts';

/** The foot of an editor: what stands in the way of saving, where it is shown at no field, and the two buttons. */
export function EditBar<T>({
  editor: { problems, error, isChanged, isBusy, blocker, save },
  shownAt,
  stop = null,
}: {
  readonly editor: Editor<T>;
  /** Paths whose problems stand beside their fields. */
  readonly shownAt: ReadonlySet<string>;
  /** What the page itself sees that no API has to be asked for; it may not be saved then. */
  readonly stop?: ReactNode;
}) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const elsewhere = stop === null ? [...problems].filter(([path]) => !shownAt.has(path)) : [];
  const isQuiet = error === null && stop === null && elsewhere.length === 0;
  return (
    <div className="edit-bar">
      <div className="grow stack tight">
        {error !== null && <ProblemNote error={error} />}
        {stop}
        {elsewhere.map(([path, message]) => (
          <span key={path} className="wrong" role="alert">
            <code>{path}</code> <Said text={message} />
          </span>
        ))}
        {isQuiet && problems.size > 0 && (
          <Button type="link" size="small" onClick={showFirst}>
            {t('edit.problems', { count: problems.size })}
          </Button>
        )}
        {isQuiet && problems.size === 0 && (
          <span className="soft">{t(isChanged ? 'edit.changed' : 'edit.unchanged')}</span>
        )}
      </div>
      <Button onClick={() => void navigate(-1)}>{t('common.cancel')}</Button>
      <Button
        type="primary"
        loading={isBusy}
        disabled={!isChanged || problems.size > 0 || stop !== null}
        onClick={() => void save()}
      >
        {t('common.save')}
      </Button>
      <Leaving blocker={blocker} />
    </div>
  );
}

/** A definition is longer than a screen: to the first field with something wrong. */
function showFirst(): void {
  document.querySelector('.field .wrong')?.closest('.field')?.querySelector<HTMLElement>('input, textarea')?.focus();
}
