import { Button, Modal } from 'antd';
import { createContext, type ReactNode, useCallback, useContext, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemNote } from './parts.tsx';
import { problemAt } from './problem-at.ts';
import { ReasonField } from './reason-field.tsx';

/** A question before something is done: what will happen, a reason where the record wants one, and what went wrong. */
export interface Question {
  readonly title: ReactNode;
  /** May say what the API found wrong where it stands. */
  readonly body?: ReactNode | ((error: unknown) => ReactNode);
  readonly ok: string;
  readonly danger?: boolean;
  /** Kept with what was done. */
  readonly needsReason?: boolean;
  /** Its failure is shown in the dialog, which stays open. */
  readonly act: (reason: string) => Promise<unknown>;
}

const AskContext = createContext<(question: Question) => void>(() => undefined);
export const useAsk = (): ((question: Question) => void) => useContext(AskContext);

export function AskProvider({ children }: { readonly children: ReactNode }) {
  const [question, setQuestion] = useState<Question | null>(null);
  const [isOpen, setIsOpen] = useState(false);
  const ask = useCallback((next: Question) => {
    setQuestion(next);
    setIsOpen(true);
  }, []);
  return (
    <AskContext.Provider value={ask}>
      {children}
      {question !== null && (
        <AskDialog
          question={question}
          isOpen={isOpen}
          onClose={() => setIsOpen(false)}
          onClosed={() => setQuestion(null)}
        />
      )}
    </AskContext.Provider>
  );
}

function AskDialog({
  question,
  isOpen,
  onClose,
  onClosed,
}: {
  readonly question: Question;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly onClosed: () => void;
}) {
  const { t } = useTranslation();
  const [reason, setReason] = useState('');
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setIsBusy] = useState(false);
  const needsReason = question.needsReason === true;
  const act = async () => {
    setIsBusy(true);
    setError(null);
    try {
      await question.act(reason.trim());
      onClose();
    } catch (problem) {
      setError(problem);
    } finally {
      setIsBusy(false);
    }
  };
  return (
    <Modal
      open={isOpen}
      title={question.title}
      onCancel={onClose}
      afterClose={onClosed}
      footer={[
        <Button key="no" onClick={onClose}>
          {t('common.cancel')}
        </Button>,
        <Button
          key="yes"
          type="primary"
          danger={question.danger === true}
          loading={isBusy}
          disabled={needsReason && reason.trim() === ''}
          onClick={() => void act()}
        >
          {question.ok}
        </Button>,
      ]}
    >
      <div className="stack tight">
        {typeof question.body === 'function' ? question.body(error) : question.body}
        {needsReason && <ReasonField value={reason} onChange={setReason} problem={problemAt(error, 'reason')} />}
        {error !== null && <ProblemNote error={error} />}
      </div>
    </Modal>
  );
}
