import { Button, Input } from 'antd';
import { useTranslation } from 'react-i18next';
import { useLanguage } from '../../app/preferences.ts';
import { SearchSign } from '../../look/icon.tsx';
import { ProblemNote } from '../../look/parts.tsx';
import { formatCount } from '../../pure/format.ts';
import { inertLine } from '../../pure/inert-text.ts';
import { type LogHits, useLogSearch, type Wanted } from './use-log-search.ts';

/** Searches the whole log, for a text or for the level that is chosen or for both; a hit is gone to, wherever it is. */
export function LogSearch({
  logId,
  level,
  onSearch,
  onGoTo,
}: {
  readonly logId: number;
  readonly level: Wanted['level'];
  readonly onSearch: (text: string) => void;
  readonly onGoTo: (line: number) => void;
}) {
  const { t } = useTranslation();
  const search = useLogSearch(logId);
  return (
    <>
      <Input.Search
        aria-label={t('log.search')}
        placeholder={t('log.search')}
        allowClear
        enterButton={<SearchSign />}
        loading={search.isBusy}
        style={{ width: 260, maxWidth: '100%' }}
        onSearch={(typed, _, info) => {
          const text = typed.trim();
          onSearch(text);
          if (info?.source === 'clear' || (text === '' && level === null)) search.clear();
          else search.start({ text, level });
        }}
      />
      {search.error !== null && <ProblemNote error={search.error} onRetry={search.goOn} />}
      {search.hits !== null && (
        <div className="log-hits">
          <div className="row between small">
            <strong>{t('log.hits', { count: search.hits.lines.length })}</strong>
            <GoOn hits={search.hits} isBusy={search.isBusy} goOn={search.goOn} stop={search.stop} />
          </div>
          <div className="hits">
            {search.hits.lines.map(({ no, text }) => (
              <button type="button" key={no} onClick={() => onGoTo(no)}>
                <span className="soft">{no}</span>
                <span className="cut">{inertLine(text)}</span>
              </button>
            ))}
          </div>
        </div>
      )}
    </>
  );
}

/** How far the search has come, and how to stop it or have it go on. */
function GoOn({
  hits: { nextFromLine },
  isBusy,
  goOn,
  stop,
}: {
  readonly hits: LogHits;
  readonly isBusy: boolean;
  readonly goOn: () => void;
  readonly stop: () => void;
}) {
  const { t } = useTranslation();
  const language = useLanguage();
  if (nextFromLine === null) return <span className="soft">{t('log.searchedAll')}</span>;
  const line = formatCount(nextFromLine, language);
  return (
    <span className="row tight">
      {isBusy && (
        <span className="soft" role="status">
          {t('log.searchedTo', { line })}
        </span>
      )}
      <Button size="small" onClick={isBusy ? stop : goOn}>
        {isBusy ? t('log.searchStop') : t('log.searchOn', { line })}
      </Button>
    </span>
  );
}
