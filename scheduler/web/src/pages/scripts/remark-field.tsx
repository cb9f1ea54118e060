import { Input } from 'antd';
import { useTranslation } from 'react-i18next';
import { Field } from '../../look/field.tsx';

const REMARK_MAX = 255;

/** Kept with the version. */
export function RemarkField({
  value,
  onChange,
  problem,
}: {
  readonly value: string;
  readonly onChange: (next: string) => void;
  readonly problem: string | null;
}) {
  const { t } = useTranslation();
  return (
    <Field label={t('script.remark')} help={t('script.remarkHelp')} problem={problem}>
      {(input) => (
        <Input {...input} maxLength={REMARK_MAX} value={value} onChange={({ target }) => onChange(target.value)} />
      )}
    </Field>
  );
}
