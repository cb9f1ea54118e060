import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { codeLine, codeLines, lineEndsOf, unseenSigns } from '../../pure/code-text.ts';
import { ScrollBox } from './scroll-box.tsx';

/** The text of a program with its lines numbered. It scrolls within itself, also by the keyboard. */
export function CodeView({
  text,
  label,
  isShort = false,
}: {
  readonly text: string;
  readonly label: string;
  readonly isShort?: boolean;
}) {
  const lines = useMemo(() => codeLines(text), [text]);
  return (
    <ScrollBox className={`code-view ${isShort ? 'is-short' : ''}`} label={label}>
      <LineNumbers count={lines.length} />
      <pre>{lines.map(codeLine).join('\n')}</pre>
    </ScrollBox>
  );
}

export function LineNumbers({ count }: { readonly count: number }) {
  const numbers = useMemo(() => Array.from({ length: count }, (_, at) => at + 1).join('\n'), [count]);
  return (
    <pre className="code-numbers" aria-hidden="true">
      {numbers}
    </pre>
  );
}

const LINES_NAMED = 6;

/** What one would not see of a text by looking at it, and an interpreter does. */
export function CodeNotes({
  text,
  before = text,
  isEdited = false,
}: {
  readonly text: string;
  /** As it was before a field took it, which makes all ends of lines alike. */
  readonly before?: string;
  readonly isEdited?: boolean;
}) {
  const { t } = useTranslation();
  const unseen = useMemo(() => unseenSigns(text), [text]);
  const ends = useMemo(() => lineEndsOf(before), [before]);
  return (
    <>
      {unseen.length > 0 && (
        <p className="note tone-warn">
          <span>
            {t('script.unseen')}{' '}
            {unseen.slice(0, LINES_NAMED).map(({ line, signs }, at) => (
              <span key={line}>
                {at > 0 && '; '}
                {t('script.unseenAt', { line })} <code>{signs}</code>
              </span>
            ))}
            {unseen.length > LINES_NAMED && `; ${t('script.unseenMore', { count: unseen.length - LINES_NAMED })}`}
          </span>
        </p>
      )}
      {ends !== 'lf' && (
        <p className="note tone-warn">
          <span>{t(ends === 'crlf' ? 'script.crlf' : isEdited ? 'script.mixedEdited' : 'script.mixed')}</span>
        </p>
      )}
    </>
  );
}
