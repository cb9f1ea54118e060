import { Button, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call, type Reply } from '../../api/client.ts';
import { SearchSign } from '../../look/icon.tsx';
import { ProblemNote } from '../../look/parts.tsx';
import { inertLine } from '../../pure/inert-text.ts';

type Hits = Reply<'GET /logs/:logId/search'>;

/** Searches the whole log where it lies, a piece at a time; a hit is gone to, wherever it is. */
export function LogSearch({
  logId,
  search,
  onSearch,
  onGoTo,
}: {
  readonly logId: number;
  readonly search: string;
  readonly onSearch: (text: string) => void;
  readonly onGoTo: (line: number) => void;
}) {
  const { t } = useTranslation();
  const [hits, setHits] = useState<Hits | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setIsBusy] = useState(false);
  const look = async (text: string, from: number | null) => {
    setIsBusy(true);
    setError(null);
    try {
      const query = { text, limit: 200, ...(from === null ? {} : { fromLine: from }) };
      const reply = await call('GET /logs/:logId/search', { params: { logId }, query });
      setHits((before) =>
        from === null || before === null ? reply : { ...reply, lines: [...before.lines, ...reply.lines] },
      );
    } catch (problem) {
      setError(problem);
    } finally {
      setIsBusy(false);
    }
  };
  return (
    <>
      <Input.Search
        aria-label={t('log.search')}
        placeholder={t('log.search')}
        allowClear
        enterButton={<SearchSign />}
        loading={isBusy}
        style={{ width: 260, maxWidth: '100%' }}
        onSearch={(text) => {
          onSearch(text.trim());
          if (text.trim() === '') setHits(null);
          else void look(text.trim(), null);
        }}
      />
      {error !== null && <ProblemNote error={error} />}
      {hits !== null && (
        <div className="log-hits">
          <div className="row between small">
            <strong>{t('log.hits', { count: hits.lines.length })}</strong>
            {hits.nextFromLine !== null && (
              <Button size="small" loading={isBusy} onClick={() => void look(search, hits.nextFromLine)}>
                {t('log.searchOn', { line: hits.nextFromLine })}
              </Button>
            )}
          </div>
          <div className="hits">
            {hits.lines.map(({ no, text }) => (
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
