import { Input } from 'antd';
import { useTranslation } from 'react-i18next';
import { Field } from './field.tsx';

/** Why somebody does it: kept with what was done. */
export function ReasonField({
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
    <Field label={t('ask.reason')} problem={problem}>
      {(input) => (
        <Input.TextArea
          {...input}
          rows={2}
          maxLength={1000}
          value={value}
          onChange={({ target }) => onChange(target.value)}
          placeholder={t('ask.reasonHint')}
        />
      )}
    </Field>
  );
}
