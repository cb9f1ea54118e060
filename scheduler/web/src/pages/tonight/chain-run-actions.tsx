import { useQueryClient } from '@tanstack/react-query';
import { Button, Select } from 'antd';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/client.ts';
import { useAsk } from '../../look/ask.tsx';
import { Field } from '../../look/field.tsx';
import { MenuBelow } from '../../look/menu-below.tsx';
import type { ChainRunDetail } from './tonight.tsx';

/** Its dialog brings a calendar, which the first page does without. */
const StartAgain = lazy(() => import('../chains/start-again.tsx').then((m) => ({ default: m.StartAgain })));

type Mark = 'skipped' | 'succeeded';

/** What people do with a run of a chain: end it, have a node count as done, start it again or in the middle. */
export function ChainRunActions({ shown }: { readonly shown: ChainRunDetail }) {
  const { t } = useTranslation();
  const ask = useAsk();
  const client = useQueryClient();
  const [isStarting, setIsStarting] = useState(false);
  const { run, nodes, may } = shown;
  if (!may.run) return null;
  const params = { chainRunId: run.id };
  const cancel = () =>
    ask({
      title: t('chainRun.cancelTitle', { id: run.id }),
      body: <p>{t('chainRun.cancelHelp')}</p>,
      ok: t('chainRun.cancel'),
      danger: true,
      needsReason: true,
      act: async (reason) => {
        await call('POST /chain-runs/:chainRunId/cancel', { params, body: { reason } });
        void client.invalidateQueries();
      },
    });
  const mark = () => {
    // What stands still is what one would mark: the first that ended badly, else the first that waits.
    const bad = nodes.find(({ picture }) => picture.kind === 'run' && BAD.includes(picture.state));
    const first = bad ?? nodes.find(({ picture }) => picture.kind === 'waits' || picture.kind === 'due') ?? nodes[0];
    let node = first?.job ?? '';
    let as: Mark = bad === undefined ? 'skipped' : 'succeeded';
    ask({
      title: t('chainRun.markTitle'),
      body: (
        <div className="stack tight">
          <p>{t('chainRun.markHelp')}</p>
          <Field label={t('chainRun.node')}>
            {(input) => (
              <Select
                {...input}
                defaultValue={node}
                options={nodes.map(({ job }) => ({ value: job, label: job }))}
                onChange={(value) => {
                  node = value;
                }}
              />
            )}
          </Field>
          <Field label={t('chainRun.countsAs')}>
            {(input) => (
              <Select
                {...input}
                defaultValue={as}
                options={MARKS.map((value) => ({ value, label: t(`chainRun.mark.${value}`) }))}
                onChange={(value) => {
                  as = value;
                }}
              />
            )}
          </Field>
        </div>
      ),
      ok: t('chainRun.askForMark'),
      needsReason: true,
      act: async (reason) => {
        await call('POST /chain-runs/:chainRunId/nodes/:node/mark', {
          params: { ...params, node },
          body: { mark: as, reason },
        });
        void client.invalidateQueries();
      },
    });
  };
  const isOpen = run.state === 'running';
  return (
    <>
      <MenuBelow
        menu={{
          items: [
            { key: 'mark', label: t('chainRun.markTitle') },
            { key: 'start', label: t('chainRun.startAgain') },
            ...(isOpen ? [{ key: 'cancel', label: t('chainRun.cancel'), danger: true }] : []),
          ],
          onClick: ({ key }) => (key === 'cancel' ? cancel() : key === 'mark' ? mark() : setIsStarting(true)),
        }}
      >
        <Button>{t('chainRun.do')}</Button>
      </MenuBelow>
      {isStarting && (
        <Suspense fallback={null}>
          <StartAgain chain={run.chain} onClose={() => setIsStarting(false)} />
        </Suspense>
      )}
    </>
  );
}

const BAD: readonly string[] = ['failed', 'timed_out', 'cancelled'];
const MARKS: readonly Mark[] = ['skipped', 'succeeded'];
