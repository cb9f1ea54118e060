import { useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { call, newRequestId } from '../../api/client.ts';
import { useRead } from '../../api/read.ts';
import { ParamInput } from '../../edit/param-input.tsx';
import { useAsk } from '../../look/ask.tsx';
import { problemAt } from '../../look/problem-at.ts';
import { paramProblems } from '../../pure/param-fields.ts';
import type { RunDetail } from './run.tsx';

/** What people do with a run: end it, run it again, or only what is left of it. */
export function RunActions({ detail }: { readonly detail: RunDetail }) {
  const { t } = useTranslation();
  const ask = useAsk();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { run, may } = detail;
  const runId = run.id;
  const rerun = (kind: 'all' | 'failed' | 'resume') => {
    const requestId = newRequestId();
    let param: string | null = null;
    ask({
      title: t(`run.ask.${kind}`, { id: runId }),
      body: (error) => (
        <>
          <p>{t(`run.askHelp.${kind}`)}</p>
          {kind === 'all' && <RerunParam detail={detail} onChange={(next) => (param = next)} error={error} />}
        </>
      ),
      ok: t(`run.${kind}`),
      act: async () => {
        const started = await call('POST /runs/:runId/rerun', {
          params: { runId },
          body: { kind, requestId, ...(param === null ? {} : { param }) },
        });
        void navigate(`/runs/${started.runId}`);
      },
    });
  };
  const kill = () =>
    ask({
      title: t('run.ask.kill', { id: runId }),
      body: <p>{t('run.askHelp.kill')}</p>,
      ok: t('run.kill'),
      danger: true,
      needsReason: true,
      act: async (reason) => {
        await call('POST /runs/:runId/kill', { params: { runId }, body: { reason } });
        void client.invalidateQueries();
      },
    });
  return (
    <>
      {may.rerunFailed && (
        <Button type="primary" onClick={() => rerun('failed')}>
          {t('run.failed')}
        </Button>
      )}
      {may.resume && <Button onClick={() => rerun('resume')}>{t('run.resume')}</Button>}
      {may.rerunAll && <Button onClick={() => rerun('all')}>{t('run.all')}</Button>}
      {may.kill && (
        <Button danger onClick={kill}>
          {t('run.kill')}
        </Button>
      )}
    </>
  );
}

/** With the fields that its job has now, as the new run is judged by them; a job that is gone has none. */
function RerunParam({
  detail: { run, param },
  onChange,
  error,
}: {
  readonly detail: RunDetail;
  readonly onChange: (next: string) => void;
  readonly error: unknown;
}) {
  const { t } = useTranslation();
  const [text, setText] = useState(param);
  const view = useRead('GET /jobs/:jobId', { params: { jobId: run.jobId } });
  const fields = view.data?.job.paramFields;
  return (
    <ParamInput
      label={t('run.param')}
      fields={fields}
      text={text}
      onChange={(next) => {
        setText(next);
        onChange(next);
      }}
      problems={paramProblems('param', fields, (path) => problemAt(error, path))}
    />
  );
}
