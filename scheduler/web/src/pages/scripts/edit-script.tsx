import '../../edit/edit.css';
import { Button, Switch } from 'antd';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useBlocker, useNavigate, useParams } from 'react-router';
import { type Reply, useRead } from '../../api/read.ts';
import { Field } from '../../look/field.tsx';
import { Leaving } from '../../look/leaving.tsx';
import { LoadedPage } from '../../look/loaded-page.tsx';
import { Empty, Loaded, Page, Panel } from '../../look/parts.tsx';
import { bytesOf, fromField, lineEndsOf, toField } from '../../pure/code-text.ts';
import { inertLine } from '../../pure/inert-text.ts';
import { CodeInput } from './code-input.tsx';
import { CodeNotes } from './code-view.tsx';
import { Outdated } from './outdated.tsx';
import { SaveScript } from './save-script.tsx';
import { WhoRunsIt } from './script-notes.tsx';
import { type ScriptLine, scriptPath, useScripts, useScriptText } from './use-script.ts';

type JobView = Reply<'GET /jobs/:jobId'>;
const BYTES_MAX = 512 * 1024;

export function EditScript() {
  const { t } = useTranslation();
  const jobId = Number(useParams().jobId);
  const view = useRead('GET /jobs/:jobId', { params: { jobId } });
  return (
    <LoadedPage of={view} title={t('script.title')} back={{ to: '/jobs', text: t('nav.jobs') }}>
      {({ job }) => (job.glueType === 'BEAN' ? <NoScriptJob job={job} /> : <OfJob key={job.id} job={job} />)}
    </LoadedPage>
  );
}

function NoScriptJob({ job }: { readonly job: JobView['job'] }) {
  const { t } = useTranslation();
  return (
    <Page title={inertLine(job.name)}>
      <Empty>
        {t('script.isHandler')} <Link to={`/jobs/${job.id}`}>{t('script.toJob')}</Link>
      </Empty>
    </Page>
  );
}

function OfJob({ job }: { readonly job: JobView['job'] }) {
  const scripts = useScripts(job.id);
  return <Loaded of={scripts}>{({ items }) => <Begun job={job} items={items} />}</Loaded>;
}

/** What was the newest when it was opened is what is edited, whatever comes after it. */
function Begun({ job, items }: { readonly job: JobView['job']; readonly items: readonly ScriptLine[] }) {
  const [first] = useState(items[0]?.version ?? 0);
  const begun = useScriptText(job.id, first);
  const newest = items[0] ?? null;
  if (first === 0) return <Editor job={job} first={{ version: 0, text: '' }} newest={newest} />;
  return (
    <Loaded of={begun}>
      {({ source }) => <Editor job={job} first={{ version: first, text: source }} newest={newest} />}
    </Loaded>
  );
}

export interface Basis {
  readonly version: number;
  readonly text: string;
}

function Editor({
  job,
  first,
  newest,
}: {
  readonly job: JobView['job'];
  readonly first: Basis;
  readonly newest: ScriptLine | null;
}) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [basis, setBasis] = useState(first);
  const [draft, setDraft] = useState(toField(first.text));
  const [hasCr, setHasCr] = useState(lineEndsOf(first.text) === 'crlf');
  const [remark, setRemark] = useState('');
  const [isReviewing, setIsReviewing] = useState(false);
  const isSaved = useRef(false);
  const text = fromField(draft, hasCr);
  const isAsItWas = draft === toField(basis.text);
  const isChanged = !isAsItWas || hasCr !== (lineEndsOf(basis.text) === 'crlf');
  const blocker = useBlocker(() => isChanged && !isSaved.current);
  const isOutdated = newest !== null && newest.version > basis.version;
  const bytes = bytesOf(text);
  const tooLarge = bytes > BYTES_MAX ? t('script.tooLarge', { size: bytes, max: BYTES_MAX }) : null;
  const isOtherType = newest !== null && newest.glueType !== job.glueType;
  const take = (next: Basis) => {
    setBasis(next);
    setDraft(toField(next.text));
    setHasCr(lineEndsOf(next.text) === 'crlf');
  };
  return (
    <Page title={t(first.version === 0 ? 'script.newOf' : 'script.editOf', { name: inertLine(job.name) })}>
      <WhoRunsIt />
      {isOutdated && newest !== null && (
        <Outdated jobId={job.id} basis={basis} newest={newest} text={text} onKeep={setBasis} onDrop={take} />
      )}
      <Panel title={basis.version === 0 ? t('script.title') : t('versions.name', { version: basis.version })}>
        <div className="stack">
          <CodeNotes text={draft} before={isAsItWas ? basis.text : text} isEdited />
          <Field label={t('script.field')} help={t('script.fieldHelp')} problem={tooLarge}>
            {(input) => <CodeInput value={draft} onChange={setDraft} input={input} />}
          </Field>
          {lineEndsOf(first.text) !== 'lf' && (
            <span className="row tight">
              <Switch size="small" aria-label={t('script.keepCr')} checked={hasCr} onChange={setHasCr} />
              {t('script.keepCr')}
            </span>
          )}
        </div>
      </Panel>
      <div className="edit-bar">
        <span className="soft grow">
          {t(isOutdated ? 'script.isOutdated' : isChanged ? 'edit.changed' : 'edit.unchanged')}
        </span>
        <Button onClick={() => void navigate(first.version === 0 ? `/jobs/${job.id}` : scriptPath(job.id))}>
          {t('common.cancel')}
        </Button>
        <Button
          type="primary"
          disabled={!(isChanged || isOtherType) || isOutdated || tooLarge !== null || draft.trim() === ''}
          onClick={() => setIsReviewing(true)}
        >
          {t('script.review')}
        </Button>
        <Leaving blocker={blocker} />
      </div>
      {isReviewing && (
        <SaveScript
          {...{ jobId: job.id, basis, text, remark, onRemark: setRemark }}
          onClose={() => setIsReviewing(false)}
          onSaved={() => {
            isSaved.current = true;
            void navigate(scriptPath(job.id));
          }}
        />
      )}
    </Page>
  );
}
