import { useLanguage } from '../../app/preferences.ts';
import { Inert } from '../../look/values.tsx';
import { formatMoney } from '../../pure/format.ts';

/** Which debit somebody is about to judge: its request and its amount. */
export function Named({
  requestNo,
  amountMinor,
  currency,
}: {
  readonly requestNo: string;
  readonly amountMinor: string;
  readonly currency: string;
}) {
  const language = useLanguage();
  return (
    <p>
      <Inert text={requestNo} className="mono" /> ·{' '}
      <strong className="nowrap">{formatMoney(amountMinor, currency, language)}</strong> <Inert text={currency} />
    </p>
  );
}
