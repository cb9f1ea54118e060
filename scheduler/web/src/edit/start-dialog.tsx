import { Button } from 'antd';
import { type ReactNode, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { newRequestId } from '../api/client.ts';
import { Dialog } from '../look/dialog.tsx';
import { ProblemNote } from '../look/parts.tsx';
import { isAllBeside, ofJob, problemAt } from '../look/problem-at.ts';
import { SwitchField } from '../look/switch-field.tsx';

/** What a start has beside its order. */
export interface StartWith {
  readonly requestId: string;
  readonly despiteHold?: boolean;
}

/** Starts a job or a chain, or says what would happen. A dialog is one request, however often its button is pressed. */
export function StartDialog<Order extends object, Forecast>({
  title,
  startText,
  isHeld,
  order,
  start,
  dryRun,
  showForecast,
  onClose,
  children,
}: {
  readonly title: string;
  readonly startText: string;
  readonly isHeld: boolean;
  /** As the fields have it now. */
  readonly order: Order;
  /** Gives the address of what has begun. */
  readonly start: (order: Order & StartWith) => Promise<string>;
  readonly dryRun: (order: Order) => Promise<Forecast>;
  readonly showForecast: (forecast: Forecast) => ReactNode;
  readonly onClose: () => void;
  /** Gets what the API finds wrong with a field, to be put beside it; with a job, with that of its parameter. */
  readonly children: (wrong: (path: string, job?: string) => string | null) => ReactNode;
}) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const requestId = useMemo(newRequestId, []);
  const [despiteHold, setDespiteHold] = useState(false);
  const [found, setFound] = useState<{ readonly of: string; readonly forecast: Forecast } | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setIsBusy] = useState(false);
  const asked = JSON.stringify(order);
  // What would come of another order says nothing of this one.
  const forecast = found?.of === asked ? found.forecast : null;
  const act = async (body: () => Promise<void>) => {
    setIsBusy(true);
    setError(null);
    try {
      await body();
    } catch (problem) {
      setError(problem);
    } finally {
      setIsBusy(false);
    }
  };
  const begin = () =>
    act(async () => {
      const path = await start({ ...order, requestId, ...(despiteHold ? { despiteHold } : {}) });
      onClose();
      void navigate(path);
    });
  const look = () =>
    act(async () => {
      setFound(null);
      setFound({ of: asked, forecast: await dryRun(order) });
    });
  const beside = new Set<string>();
  const form = children((path, job) => {
    if (job !== undefined && !ofJob(error, job)) return null;
    beside.add(path);
    return problemAt(error, path);
  });
  return (
    <Dialog
      title={title}
      onCancel={onClose}
      width={forecast === null ? 520 : 860}
      footer={[
        <Button key="no" onClick={onClose}>
          {t('common.cancel')}
        </Button>,
        <Button key="dry" loading={isBusy} onClick={() => void look()}>
          {t('dryRun.do')}
        </Button>,
        <Button key="yes" type="primary" loading={isBusy} onClick={() => void begin()}>
          {startText}
        </Button>,
      ]}
    >
      <div className="stack">
        {form}
        {isHeld && <SwitchField label={t('runNow.despiteHold')} checked={despiteHold} onChange={setDespiteHold} />}
        {error !== null && !isAllBeside(error, beside) && <ProblemNote error={error} />}
        {forecast !== null && showForecast(forecast)}
      </div>
    </Dialog>
  );
}
