import { Input, Select } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Icon } from './icon.tsx';

/** A filter with "all" for none. */
export function Choose({
  label,
  value,
  options,
  onChange,
  width = 150,
  search = false,
}: {
  readonly label: string;
  readonly value: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly onChange: (value: string) => void;
  readonly width?: number;
  readonly search?: boolean;
}) {
  return (
    <Select
      aria-label={label}
      placeholder={label}
      allowClear
      showSearch={search ? { optionFilterProp: 'label' } : false}
      value={value === '' ? null : value}
      onChange={(next) => onChange(next ?? '')}
      options={[...options]}
      style={{ width }}
      popupMatchSelectWidth={false}
    />
  );
}

const PAUSE_MS = 300;
/** Asks when typing pauses. */
export function SearchBox({
  label,
  value,
  onChange,
  width = 240,
}: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly width?: number;
}) {
  const { t } = useTranslation();
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onChange(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, value, onChange]);
  return (
    <Input
      aria-label={label}
      placeholder={label === '' ? t('common.search') : label}
      prefix={<Icon name="search" size={15} />}
      allowClear
      value={text}
      onChange={({ target }) => setText(target.value)}
      style={{ width }}
    />
  );
}
