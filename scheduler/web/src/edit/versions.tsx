import './edit.css';
import { useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../api/client.ts';
import { type Reply, useRead } from '../api/read.ts';
import { useAsk } from '../look/ask.tsx';
import { Loaded, Panel } from '../look/parts.tsx';
import { Inert, Instant } from '../look/values.tsx';
import { inertValue } from '../pure/inert-text.ts';
import { type DefinitionRef, routeOf } from './definition-ref.ts';
import { type Chosen, VersionChoice } from './version-choice.tsx';

/** All versions of a definition, what differs between two, and the way back to an earlier one. */
export function Versions({ of, mayEdit }: { readonly of: DefinitionRef; readonly mayEdit: boolean }) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const versions = useRead(routeOf(of, 'GET', '/versions'), { params: of }, { topics: ['jobs'] });
  return (
    <Panel title={t('versions.title')} flush>
      <Loaded of={versions}>
        {({ items }) => {
          // Numbers have gaps: a definition that came back has the one that it had first.
          const before = (version: number) => items.find((other) => other.version < version)?.version ?? null;
          const to = chosen?.to ?? items[0]?.version ?? 1;
          const from = chosen?.from ?? before(to) ?? to;
          return (
            <>
              <ul className="versions">
                {items.slice(0, SHOWN_MAX).map((version) => (
                  <VersionLine
                    key={version.version}
                    of={of}
                    version={version}
                    before={before(version.version)}
                    onShow={setChosen}
                    mayRestore={mayEdit && !version.isCurrent}
                  />
                ))}
              </ul>
              {items.length > 1 && (
                <div className="stack tight panel-part">
                  <VersionChoice
                    versions={items.map(({ version }) => version)}
                    chosen={{ from, to }}
                    onChoose={setChosen}
                  />
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

/** Older ones are reached by the choice of what is compared. */
const SHOWN_MAX = 8;

function VersionLine({
  of,
  version: { version, isCurrent, createdAtMs, by },
  before,
  mayRestore,
  onShow,
}: {
  readonly of: DefinitionRef;
  readonly version: Reply<'GET /jobs/:jobId/versions'>['items'][number];
  /** Null: it is the first. */
  readonly before: number | null;
  readonly mayRestore: boolean;
  readonly onShow: (next: Chosen) => void;
}) {
  const { t } = useTranslation();
  return (
    <li className="alarm-line">
      <strong>{t('versions.name', { version })}</strong>
      <div className="row between">
        <span className="small soft">
          <Instant atMs={createdAtMs} /> {by !== null && <Inert text={by} />}
        </span>
        <span className="row tight">
          {isCurrent && <span className="pill tone-ok">{t('versions.current')}</span>}
          {before !== null && (
            <Button size="small" type="text" onClick={() => onShow({ to: version, from: before })}>
              {t('versions.show')}
            </Button>
          )}
          {mayRestore && <RestoreButton of={of} version={version} />}
        </span>
      </div>
    </li>
  );
}

function RestoreButton({ of, version }: { readonly of: DefinitionRef; readonly version: number }) {
  const { t } = useTranslation();
  const ask = useAsk();
  const client = useQueryClient();
  const restore = () =>
    ask({
      title: t('versions.restoreTitle', { version }),
      ok: t('versions.restore'),
      needsReason: true,
      act: async (reason) => {
        const params = { ...of, version };
        await call(routeOf(of, 'POST', '/versions/:version/restore'), { params, body: { reason } });
        void client.invalidateQueries();
      },
    });
  return (
    <Button size="small" onClick={restore}>
      {t('versions.restore')}
    </Button>
  );
}

function DiffTable({ of, to, from }: Chosen & { readonly of: DefinitionRef }) {
  const { t } = useTranslation();
  const diff = useRead(routeOf(of, 'GET', '/versions/:version/diff'), {
    params: { ...of, version: to },
    query: { from },
  });
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
