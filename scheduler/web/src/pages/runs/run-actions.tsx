import { useQueryClient } from '@tanstack/react-query';
import { Button, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { call, newRequestId } from '../../api/client.ts';
import { useAsk } from '../../look/ask.tsx';
import { Field } from '../../look/field.tsx';
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
      body: (
        <>
          <p>{t(`run.askHelp.${kind}`)}</p>
          {kind === 'all' && <ParamInput initial={detail.param} onChange={(next) => (param = next)} />}
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

function ParamInput({ initial, onChange }: { readonly initial: string; readonly onChange: (next: string) => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState(initial);
  return (
    <Field label={t('run.param')}>
      {(input) => (
        <Input.TextArea
          {...input}
          rows={3}
          className="mono"
          value={text}
          onChange={({ target }) => {
            setText(target.value);
            onChange(target.value);
          }}
        />
      )}
    </Field>
  );
}
