import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Button, Modal, Progress } from 'antd';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiProblem, call, type Reply } from '../api/client.ts';
import { useSession } from '../app/session.tsx';
import { forgetBulk, type KeptBulk, showBulk, useKeptBulks, useShownBulk } from './bulk-kept.ts';
import { BulkResult } from './bulk-result.tsx';
import { Loaded } from './parts.tsx';
import { StateMark } from './state.tsx';

/** Asked again so often while it goes on, looked at and not; it goes on all the same when nobody asks. */
const AGAIN_MS = { shown: 700, aside: 3_000 } as const;

type BulkReply = Reply<'POST /bulk'>;

/** What was asked for many rows: a sign in the header from the closing of its dialog until its end was looked at. */
export function BulkWork() {
  const { principal } = useSession();
  const own = useKeptBulks().filter(({ by }) => by === principal.name);
  return own.map((bulk) => <OneBulk key={bulk.operationId} bulk={bulk} />);
}

function OneBulk({ bulk }: { readonly bulk: KeptBulk }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { operationId, action, names } = bulk;
  const isShown = useShownBulk() === operationId;
  const work = useQuery<BulkReply, ApiProblem>({
    queryKey: ['bulk', operationId],
    queryFn: ({ signal }) => call('GET /bulk/:operationId', { params: { operationId }, signal }),
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: ({ state }) => (state.data?.state === 'done' ? false : AGAIN_MS[isShown ? 'shown' : 'aside']),
  });
  const isDone = work.data?.state === 'done';
  useEffect(() => {
    // The lists show what it has done.
    if (isDone) void client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'bulk' });
  }, [isDone, client]);
  const isGone = work.error instanceof ApiProblem && work.error.status === 404;
  useEffect(() => {
    if (isGone) forgetBulk(operationId);
  }, [isGone, operationId]);
  const close = () => (isDone ? forgetBulk(operationId) : showBulk(null));
  return (
    <>
      {!isShown && work.data !== undefined && <Sign bulk={bulk} reply={work.data} />}
      <Modal
        open={isShown}
        width={640}
        title={t(`bulk.${action}`)}
        onCancel={close}
        footer={
          <Button type="primary" onClick={close}>
            {t('common.close')}
          </Button>
        }
      >
        <Loaded of={work}>{(reply) => <BulkProgress reply={reply} nameOf={(id) => names[id] ?? `#${id}`} />}</Loaded>
      </Modal>
    </>
  );
}

/** How far it is, or how it ended; pressed, it says what has become of each. */
function Sign({ bulk, reply }: { readonly bulk: KeptBulk; readonly reply: BulkReply }) {
  const { t } = useTranslation();
  const { doneCount, successCount, failureCount, total, state } = reply;
  const isDone = state === 'done';
  const word = t(`bulk.${bulk.action}`);
  const says = isDone
    ? t('bulk.result', { done: successCount, total })
    : t('bulk.progress', { done: doneCount, total, failed: failureCount });
  return (
    <Button
      size="small"
      className="bulk-sign"
      aria-label={`${word}: ${says}`}
      title={says}
      icon={<StateMark state={isDone ? (failureCount > 0 ? 'failed' : 'done') : 'running'} size={14} />}
      onClick={() => showBulk(bulk.operationId)}
    >
      <span className="hide-narrow">{word}</span> {isDone ? successCount : doneCount}/{total}
    </Button>
  );
}

function BulkProgress({ reply, nameOf }: { readonly reply: BulkReply; readonly nameOf: (id: number) => string }) {
  const { t } = useTranslation();
  const { doneCount, successCount, failureCount, total } = reply;
  const isDone = reply.state === 'done';
  return (
    <div className="stack tight">
      <p role="status">
        {isDone
          ? t('bulk.result', { done: successCount, total })
          : t('bulk.progress', { done: doneCount, total, failed: failureCount })}
      </p>
      {!isDone && (
        <>
          <Progress percent={Math.floor((doneCount / Math.max(1, total)) * 100)} aria-label={t('bulk.region')} />
          <p className="soft small">{t('bulk.goesOn')}</p>
        </>
      )}
      <BulkResult reply={reply} nameOf={nameOf} />
    </div>
  );
}
