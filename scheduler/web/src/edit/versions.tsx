import './edit.css';
import { Button, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Reply, useRead } from '../api/read.ts';
import { Loaded, Panel } from '../look/parts.tsx';
import { Inert, Instant } from '../look/values.tsx';
import { inertValue } from '../pure/inert-text.ts';

type Versions = Reply<'GET /jobs/:jobId/versions'>;
interface Asked<T> {
  readonly data: T | undefined;
  readonly error: unknown;
  readonly isPending: boolean;
  readonly refetch: () => unknown;
}

export type Versioned = { readonly jobId: number } | { readonly chain: string };

function useDiff(of: Versioned, version: number, from: number) {
  const isJob = 'jobId' in of;
  const query = { from };
  const ofJob = useRead(
    'GET /jobs/:jobId/versions/:version/diff',
    { params: { jobId: isJob ? of.jobId : 1, version }, query },
    { enabled: isJob },
  );
  const ofChain = useRead(
    'GET /chains/:chain/versions/:version/diff',
    { params: { chain: isJob ? 'x' : of.chain, version }, query },
    { enabled: !isJob },
  );
  return isJob ? ofJob : ofChain;
}

/** All versions of a definition, what differs between two, and the way back to an earlier one. */
export function VersionsPanel({
  versions,
  of,
  onRestore,
}: {
  readonly versions: Asked<Versions>;
  readonly of: Versioned;
  readonly onRestore: ((version: number) => void) | null;
}) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<{ to: number; from: number } | null>(null);
  return (
    <Panel title={t('versions.title')} flush>
      <Loaded of={versions}>
        {({ items }) => {
          const to = chosen?.to ?? items[0]?.version ?? 1;
          const from = chosen?.from ?? Math.max(1, to - 1);
          const options = items.map(({ version }) => ({ value: version, label: t('versions.name', { version }) }));
          return (
            <>
              <ul className="versions">
                {items.slice(0, 8).map(({ version, isCurrent, createdAtMs, by }) => (
                  <li key={version} className="alarm-line">
                    <strong>{t('versions.name', { version })}</strong>
                    <div className="row between">
                      <span className="small soft">
                        <Instant atMs={createdAtMs} /> {by !== null && <Inert text={by} />}
                      </span>
                      <span className="row tight">
                        {isCurrent && <span className="pill tone-ok">{t('versions.current')}</span>}
                        {version > 1 && (
                          <Button
                            size="small"
                            type="text"
                            onClick={() => setChosen({ to: version, from: version - 1 })}
                          >
                            {t('versions.show')}
                          </Button>
                        )}
                        {!isCurrent && onRestore !== null && (
                          <Button size="small" onClick={() => onRestore(version)}>
                            {t('versions.restore')}
                          </Button>
                        )}
                      </span>
                    </div>
                  </li>
                ))}
              </ul>
              {items.length > 1 && (
                <div className="stack tight panel-part">
                  <div className="row">
                    <Select
                      aria-label={t('versions.from')}
                      value={from}
                      options={options}
                      onChange={(next) => setChosen({ to, from: next })}
                    />
                    <span aria-hidden="true">→</span>
                    <Select
                      aria-label={t('versions.to')}
                      value={to}
                      options={options}
                      onChange={(next) => setChosen({ to: next, from })}
                    />
                  </div>
                  <DiffTable of={of} to={to} from={from} />
                </div>
              )}
            </>
          );
        }}
      </Loaded>
    </Panel>
  );
}

function DiffTable({ of, to, from }: { readonly of: Versioned; readonly to: number; readonly from: number }) {
  const { t } = useTranslation();
  const diff = useDiff(of, to, from);
  return (
    <Loaded of={diff}>
      {({ differences }) =>
        differences.length === 0 ? (
          <p className="soft">{t('versions.same')}</p>
        ) : (
          <div className="table-wrap">
            <table className="list cards diff">
              <caption className="visually-hidden">{t('versions.title')}</caption>
              <thead>
                <tr>
                  <th scope="col">{t('versions.field')}</th>
                  <th scope="col">{t('versions.name', { version: from })}</th>
                  <th scope="col">{t('versions.name', { version: to })}</th>
                </tr>
              </thead>
              <tbody>
                {differences.map(({ path, before, after }) => (
                  <tr key={path}>
                    <td className="lead">
                      <code>{path}</code>
                    </td>
                    <td data-label={t('versions.name', { version: from })}>
                      <pre className="was">{inertValue(before) || '–'}</pre>
                    </td>
                    <td data-label={t('versions.name', { version: to })}>
                      <pre className="is">{inertValue(after) || '–'}</pre>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )
      }
    </Loaded>
  );
}
