import { Input } from 'antd';
import { useState } from 'react';
import { readPairs, writePairs } from '../pure/pairs.ts';

/** One `name = value` in each line. Lines without a `=` are kept as they are typed, as a text, which no API takes. */
export function PairsInput({
  value,
  onChange,
  ...input
}: {
  readonly id: string;
  readonly 'aria-describedby'?: string;
  readonly status: '' | 'error';
  readonly placeholder: string;
  readonly disabled: boolean;
  readonly value: unknown;
  readonly onChange: (next: Readonly<Record<string, string>> | string) => void;
}) {
  const [text, setText] = useState(() => writePairs(value));
  return (
    <Input.TextArea
      {...input}
      rows={2}
      className="mono"
      value={text}
      onChange={({ target }) => {
        setText(target.value);
        onChange(readPairs(target.value) ?? target.value);
      }}
    />
  );
}
