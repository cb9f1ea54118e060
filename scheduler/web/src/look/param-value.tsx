import { DatePicker, Input, Select } from 'antd';
import dayjs from 'dayjs';
import { useTranslation } from 'react-i18next';
import type { ParamField } from '../pure/param-fields.ts';

/** One value of a parameter, typed in the way of its type. */
export function ParamValue({
  field,
  value,
  onChange,
  ...input
}: {
  readonly id: string;
  readonly 'aria-describedby'?: string;
  readonly status: '' | 'error';
  readonly disabled?: boolean;
  readonly field: Pick<ParamField, 'type' | 'oneOf'>;
  readonly value: string | null;
  /** Gets null when nothing is given. */
  readonly onChange: (next: string | null) => void;
}) {
  const { t } = useTranslation();
  const typed = {
    ...input,
    value: value ?? '',
    onChange: ({ target }: { readonly target: { readonly value: string } }) =>
      onChange(target.value === '' ? null : target.value),
  };
  const { type, oneOf } = field;
  if (type === 'boolean' || (oneOf !== undefined && oneOf.length > 0)) {
    const options =
      type === 'boolean'
        ? [true, false].map((is) => ({ value: String(is), label: t(is ? 'common.yes' : 'common.no') }))
        : (oneOf ?? []).map((choice) => ({ value: String(choice), label: String(choice) }));
    return (
      <Select
        {...input}
        allowClear
        showSearch
        value={value}
        onChange={(next) => onChange(next ?? null)}
        options={options}
      />
    );
  }
  // A template such as {businessDate} is no day that a calendar could show.
  if (type === 'date' && (value === null || DAY.test(value))) {
    return (
      <DatePicker
        {...input}
        value={value === null ? null : dayjs(value)}
        onChange={(day) => onChange(day === null ? null : day.format('YYYY-MM-DD'))}
      />
    );
  }
  if (type === 'json' || value?.includes('\n')) {
    return <Input.TextArea {...typed} rows={2} className="mono" />;
  }
  const isNumber = type === 'integer' || type === 'number';
  return <Input {...typed} allowClear {...(isNumber ? { inputMode: 'decimal' } : {})} />;
}

const DAY = /^\d{4}-\d\d-\d\d$/;
