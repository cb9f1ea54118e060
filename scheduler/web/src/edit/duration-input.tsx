import { Input } from 'antd';
import { useEffect, useState } from 'react';
import { readDuration, writeDuration } from '../pure/format.ts';

/**
 * `90s`, `15m`, `2h`: kept as milliseconds. What cannot be read is kept as it is typed, which no API takes: nobody saves
 * the span from before without knowing it.
 */
export function DurationInput({
  value,
  onChange,
  ...input
}: {
  readonly id?: string;
  readonly 'aria-label'?: string;
  readonly 'aria-describedby'?: string;
  readonly status?: '' | 'error';
  readonly disabled?: boolean;
  readonly placeholder?: string;
  /** Milliseconds; a text: it was typed and cannot be read. */
  readonly value: unknown;
  /** Gets null when nothing is typed. */
  readonly onChange: (next: number | string | null) => void;
}) {
  const written = typeof value === 'number' ? writeDuration(value) : typeof value === 'string' ? value : '';
  const [text, setText] = useState(written);
  useEffect(() => {
    setText((now) => (readDuration(now) === value ? now : written));
  }, [value, written]);
  return (
    <Input
      placeholder="90s, 15m, 2h"
      {...input}
      {...(isNoDuration(value) ? { status: 'error' as const } : {})}
      value={text}
      onChange={({ target }) => {
        setText(target.value);
        onChange(target.value === '' ? null : (readDuration(target.value) ?? target.value));
      }}
    />
  );
}

/** Whether it is what somebody typed and nobody can read. */
export const isNoDuration = (value: unknown): boolean => typeof value === 'string';
