import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { codeLine, codeLines } from '../../pure/code-text.ts';
import { type DiffLine, diffLines, withGaps } from '../../pure/line-diff.ts';
import { ScrollBox } from './scroll-box.tsx';

/** More lines are not drawn: nobody reads them, and a browser takes long. */
const ROWS_MAX = 2_000;
const SIGNS: Readonly<Record<DiffLine['kind'], string>> = { same: '', removed: '−', added: '+' };
const CLASSES: Readonly<Record<DiffLine['kind'], string>> = { same: '', removed: 'was', added: 'is' };

/** What differs between two texts, line by line. */
export function LineDiffView({
  before,
  after,
  label,
}: {
  readonly before: string;
  readonly after: string;
  readonly label: string;
}) {
  const { t } = useTranslation();
  const rows = useMemo(() => withGaps(diffLines(linesOf(before), linesOf(after))), [before, after]);
  if (before === after) return <p className="soft">{t('script.same')}</p>;
  return (
    <ScrollBox className="line-diff" label={label}>
      <table>
        <thead className="visually-hidden">
          <tr>
            <th scope="col">{t('script.lineBefore')}</th>
            <th scope="col">{t('script.lineAfter')}</th>
            <th scope="col">{t('script.sign')}</th>
            <th scope="col">{t('script.field')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, ROWS_MAX).map((row, at) =>
            row.kind === 'gap' ? (
              // biome-ignore lint/suspicious/noArrayIndexKey: rows are of two texts that do not change
              <tr key={at} className="gap">
                <td colSpan={4}>{t('script.gap', { count: row.lines })}</td>
              </tr>
            ) : (
              // biome-ignore lint/suspicious/noArrayIndexKey: rows are of two texts that do not change
              <tr key={at} className={CLASSES[row.kind]}>
                <td className="no old">{row.before}</td>
                <td className="no">{row.after}</td>
                <td className="sign">{SIGNS[row.kind]}</td>
                <td>{codeLine(row.text)}</td>
              </tr>
            ),
          )}
        </tbody>
      </table>
      {rows.length > ROWS_MAX && (
        <p className="panel-part soft">{t('script.more', { count: rows.length - ROWS_MAX })}</p>
      )}
    </ScrollBox>
  );
}

/** Nothing has no line. */
const linesOf = (text: string): string[] => (text === '' ? [] : codeLines(text));
