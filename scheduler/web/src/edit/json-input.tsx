import { Input } from 'antd';
import { useEffect, useState } from 'react';

/** A JSON object as text. What is none is kept as it is typed, as a text, which no API takes. */
export function JsonInput({
  value,
  onChange,
  ...input
}: {
  readonly id: string;
  readonly 'aria-describedby'?: string;
  readonly status: '' | 'error';
  readonly disabled: boolean;
  readonly placeholder: string;
  readonly value: unknown;
  /** Gets null when nothing is typed. */
  readonly onChange: (next: unknown) => void;
}) {
  const written = typeof value === 'string' ? value : value == null ? '' : JSON.stringify(value, null, 2);
  const [text, setText] = useState(written);
  useEffect(() => {
    setText((now) => (JSON.stringify(readObject(now)) === JSON.stringify(value ?? null) ? now : written));
  }, [value, written]);
  return (
    <Input.TextArea
      {...input}
      rows={4}
      className="mono"
      value={text}
      onChange={({ target }) => {
        setText(target.value);
        onChange(readObject(target.value));
      }}
    />
  );
}

function readObject(text: string): unknown {
  if (text.trim() === '') return null;
  try {
    const read: unknown = JSON.parse(text);
    return typeof read === 'object' && read !== null && !Array.isArray(read) ? read : text;
  } catch {
    return text;
  }
}
