import { useTranslation } from 'react-i18next';

/** A reason in words, followed by its code, under which logs and reports list it; one that is not known here as it came. */
export function useReasonWords(): (reason: string) => string {
  const { t, i18n } = useTranslation();
  return (reason) => {
    const key = `itemReason.${reason}`;
    return i18n.exists(key) ? `${t(`itemReason.${reason}`)} (${reason})` : reason;
  };
}
