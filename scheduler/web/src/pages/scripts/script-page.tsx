import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate, useParams } from 'react-router';
import { type Reply, useRead } from '../../api/read.ts';
import { VersionChoice } from '../../edit/version-choice.tsx';
import { Icon } from '../../look/icon.tsx';
import { LoadedPage } from '../../look/loaded-page.tsx';
import { Empty, Loaded, Page, Panel, ProblemNote } from '../../look/parts.tsx';
import { useSearch } from '../../look/use-search.ts';
import { inertLine } from '../../pure/inert-text.ts';
import { CodeNotes, CodeView } from './code-view.tsx';
import { LineDiffView } from './line-diff-view.tsx';
import { ScriptFacts } from './script-facts.tsx';
import { NoScript, OtherType, WhoRunsIt } from './script-notes.tsx';
import { ScriptVersions } from './script-versions.tsx';
import { type ScriptLine, scriptPath, useScripts, useScriptText } from './use-script.ts';

type JobView = Reply<'GET /jobs/:jobId'>;

/** The script of a job: its text, its versions, what differs between two, and the way back to an earlier one. */
export function ScriptPage() {
  const { t } = useTranslation();
  const jobId = Number(useParams().jobId);
  const view = useRead('GET /jobs/:jobId', { params: { jobId } }, { topics: ['jobs'] });
  return (
    <LoadedPage of={view} title={t('script.title')} back={{ to: '/jobs', text: t('nav.jobs') }}>
      {(data) => <OfJob view={data} />}
    </LoadedPage>
  );
}

function OfJob({ view: { job, may } }: { readonly view: JobView }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const hasScript = job.glueType !== 'BEAN';
  const scripts = useScripts(job.id, hasScript);
  const hasVersions = (scripts.data?.items.length ?? 0) > 0;
  return (
    <Page
      title={t('script.of', { name: inertLine(job.name) })}
      actions={
        <>
          {may.edit && hasVersions && (
            <Button
              type="primary"
              icon={<Icon name="edit" size={15} />}
              onClick={() => void navigate(`${scriptPath(job.id)}/edit`)}
            >
              {t('script.edit')}
            </Button>
          )}
          <Button icon={<Icon name="back" size={15} />} onClick={() => void navigate(`/jobs/${job.id}`)}>
            {t('script.toJob')}
          </Button>
        </>
      }
    >
      {hasScript ? (
        <>
          <WhoRunsIt />
          <Loaded of={scripts}>
            {({ items }) =>
              items.length === 0 ? (
                <NoScript jobId={job.id} mayEdit={may.edit} />
              ) : (
                <Shown job={job} items={items} mayEdit={may.edit} />
              )
            }
          </Loaded>
        </>
      ) : (
        <Empty>
          {t('script.isHandler')} <Link to={`/jobs/${job.id}`}>{t('script.toJob')}</Link>
        </Empty>
      )}
    </Page>
  );
}

function Shown({
  job,
  items,
  mayEdit,
}: {
  readonly job: JobView['job'];
  readonly items: readonly ScriptLine[];
  readonly mayEdit: boolean;
}) {
  const { t } = useTranslation();
  const [get, set] = useSearch();
  const newest = items[0] as ScriptLine;
  const to = Number(get('version')) || newest.version;
  const from = Number(get('from')) || items.find(({ version }) => version < to)?.version || to;
  const shown = useScriptText(job.id, to);
  const isGone = shown.error?.status === 404;
  return (
    <>
      <OtherType newest={newest} glueType={job.glueType} />
      <div className="split">
        <div className="stack">
          <Panel title={t('script.text', { version: to })}>
            {isGone ? (
              <ProblemNote error={new Error(t('script.gone', { version: to, count: items.length }))} />
            ) : (
              <Loaded of={shown}>
                {({ script, source }) => (
                  <div className="stack">
                    <ScriptFacts script={script} />
                    <CodeNotes text={source} />
                    <CodeView text={source} label={t('script.text', { version: to })} />
                  </div>
                )}
              </Loaded>
            )}
          </Panel>
          {items.length > 1 && !isGone && (
            <Panel title={t('script.differences')}>
              <div className="stack tight">
                <VersionChoice
                  versions={[...new Set([...items.map(({ version }) => version), to, from])].sort((a, b) => b - a)}
                  chosen={{ from, to }}
                  onChoose={(next) => set({ version: String(next.to), from: String(next.from) })}
                />
                <Differences jobId={job.id} from={from} to={to} />
              </div>
            </Panel>
          )}
        </div>
        <ScriptVersions
          job={job}
          items={items}
          shown={to}
          mayEdit={mayEdit}
          onShow={(version) => set({ version: String(version), from: null })}
        />
      </div>
    </>
  );
}

function Differences({ jobId, from, to }: { readonly jobId: number; readonly from: number; readonly to: number }) {
  const { t } = useTranslation();
  const [before, after] = [useScriptText(jobId, from), useScriptText(jobId, to)];
  return (
    <Loaded of={before}>
      {({ source: was }) => (
        <Loaded of={after}>
          {({ source }) => <LineDiffView before={was} after={source} label={t('script.differences')} />}
        </Loaded>
      )}
    </Loaded>
  );
}
