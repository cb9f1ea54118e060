import { AutoComplete, DatePicker, Input, InputNumber, Select, Switch } from 'antd';
import dayjs from 'dayjs';
import { type ReactNode, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Field } from '../look/field.tsx';
import { readDuration, writeDuration } from '../pure/format.ts';
import { readPath } from './at-path.ts';

/** A setting as data: where it is in the definition and how it is typed. Its words are `setting.PATH` and `.help`. */
export interface Setting {
  readonly path: string;
  readonly kind:
    | 'text'
    | 'area'
    | 'code'
    | 'number'
    | 'duration'
    | 'switch'
    | 'select'
    | 'suggest'
    | 'tags'
    | 'pairs'
    | 'instant';
  readonly options?: readonly string[];
  /** Empty is null instead of not a value. */
  readonly orNull?: true;
  readonly min?: number;
  readonly max?: number;
  readonly isOff?: boolean;
}

export interface Draft {
  readonly value: unknown;
  readonly problems: ReadonlyMap<string, string>;
  readonly onChange: (path: string, next: unknown) => void;
}

export function Settings({
  settings,
  draft,
  children,
}: {
  readonly settings: readonly Setting[];
  readonly draft: Draft;
  readonly children?: ReactNode;
}) {
  const { t } = useTranslation();
  return (
    <div className="settings">
      {settings.map((setting) => (
        <Field
          key={setting.path}
          label={t(`setting.${setting.path}`)}
          help={t(`settingHelp.${setting.path}`)}
          problem={draft.problems.get(setting.path) ?? null}
        >
          {(input) => (
            <Typed
              setting={setting}
              input={input}
              value={readPath(draft.value, setting.path)}
              onChange={(next) => draft.onChange(setting.path, next)}
            />
          )}
        </Field>
      ))}
      {children}
    </div>
  );
}

interface TypedProps {
  readonly setting: Setting;
  readonly input: { readonly id: string; readonly 'aria-describedby'?: string; readonly status: '' | 'error' };
  readonly value: unknown;
  readonly onChange: (next: unknown) => void;
}

function Typed({ setting, input, value, onChange }: TypedProps) {
  const { t, i18n } = useTranslation();
  const isOff = setting.isOff === true;
  const nothing = setting.orNull === true ? null : undefined;
  switch (setting.kind) {
    case 'text':
      return (
        <Input
          {...input}
          disabled={isOff}
          value={typeof value === 'string' ? value : ''}
          onChange={({ target }) => onChange(target.value === '' && setting.orNull === true ? null : target.value)}
        />
      );
    case 'area':
    case 'code':
      return (
        <Input.TextArea
          {...input}
          disabled={isOff}
          rows={3}
          className={setting.kind === 'code' ? 'mono' : ''}
          value={typeof value === 'string' ? value : ''}
          onChange={({ target }) => onChange(target.value)}
        />
      );
    case 'number':
      return (
        <InputNumber
          {...input}
          disabled={isOff}
          {...(setting.min === undefined ? {} : { min: setting.min })}
          {...(setting.max === undefined ? {} : { max: setting.max })}
          value={typeof value === 'number' ? value : null}
          onChange={(next) => onChange(next ?? nothing)}
        />
      );
    case 'duration':
      return <DurationInput {...{ setting, input, value, onChange }} />;
    case 'switch':
      return (
        <span>
          <Switch id={input.id} disabled={isOff} checked={value === true} onChange={onChange} />
        </span>
      );
    case 'select':
      return (
        <Select
          {...input}
          disabled={isOff}
          {...(setting.orNull === true ? { allowClear: true } : {})}
          showSearch
          value={typeof value === 'string' ? value : null}
          onChange={(next) => onChange(next ?? nothing)}
          options={(setting.options ?? []).map((option) => {
            const key = `option.${setting.path}.${option}`;
            return { value: option, label: i18n.exists(key) ? `${option} – ${t(key)}` : option };
          })}
        />
      );
    case 'suggest':
      return (
        <AutoComplete
          {...input}
          disabled={isOff}
          value={typeof value === 'string' ? value : ''}
          onChange={(next) => onChange(next === '' && setting.orNull === true ? null : next)}
          options={(setting.options ?? []).map((option) => ({ value: option }))}
          showSearch={{
            filterOption: (typed, option) => (option?.value ?? '').toLowerCase().includes(typed.toLowerCase()),
          }}
        />
      );
    case 'tags':
      return (
        <Select
          {...input}
          mode="tags"
          disabled={isOff}
          tokenSeparators={[',', ' ']}
          value={Array.isArray(value) ? value : []}
          onChange={onChange}
          options={(setting.options ?? []).map((option) => ({ value: option, label: option }))}
        />
      );
    case 'pairs':
      return <PairsInput {...{ setting, input, value, onChange }} />;
    case 'instant':
      return (
        <DatePicker
          id={input.id}
          status={input.status}
          disabled={isOff}
          showTime
          value={typeof value === 'number' ? dayjs(value) : null}
          onChange={(day) => onChange(day === null ? nothing : day.valueOf())}
        />
      );
  }
}

/** `90s`, `15m`, `2h`: kept as milliseconds. What cannot be read stays as it is typed and is not taken. */
function DurationInput({ setting, input, value, onChange }: TypedProps) {
  const written = typeof value === 'number' ? writeDuration(value) : '';
  const [text, setText] = useState(written);
  useEffect(() => {
    setText((now) => (readDuration(now) === value ? now : written));
  }, [value, written]);
  const read = readDuration(text);
  const isWrong = read === null && text !== '';
  return (
    <Input
      {...input}
      status={isWrong ? 'error' : input.status}
      disabled={setting.isOff === true}
      placeholder="90s, 15m, 2h"
      value={text}
      onChange={({ target }) => {
        setText(target.value);
        const next = readDuration(target.value);
        if (target.value === '' && setting.orNull === true) onChange(null);
        else if (next !== null) onChange(next);
      }}
    />
  );
}

/** One `name = value` in each line. */
function PairsInput({ setting, input, value, onChange }: TypedProps) {
  const write = (pairs: unknown) =>
    Object.entries((pairs ?? {}) as Record<string, string>)
      .map(([name, text]) => `${name} = ${text}`)
      .join('\n');
  const [text, setText] = useState(() => write(value));
  return (
    <Input.TextArea
      {...input}
      rows={2}
      className="mono"
      disabled={setting.isOff === true}
      placeholder="zone = east"
      value={text}
      onChange={({ target }) => {
        setText(target.value);
        const lines = target.value.split('\n').map((line) => /^\s*([^=]+?)\s*=\s*(.*?)\s*$/.exec(line));
        onChange(Object.fromEntries(lines.flatMap((line) => (line === null ? [] : [[line[1], line[2]]]))));
      }}
    />
  );
}
