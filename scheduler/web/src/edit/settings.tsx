import { AutoComplete, DatePicker, Input, InputNumber, Select, Switch } from 'antd';
import dayjs from 'dayjs';
import { useTranslation } from 'react-i18next';
import { Field } from '../look/field.tsx';
import { readPath } from './at-path.ts';
import { DurationInput, isNoDuration } from './duration-input.tsx';
import { PairsInput } from './pairs-input.tsx';
import { ParamFieldsEditor } from './param-fields-editor.tsx';

/** A setting as data: where it is in the definition and how it is typed. Its words are `setting.PATH` and `.help`. */
export interface Setting {
  readonly path: string;
  readonly kind:
    | 'text'
    | 'code'
    | 'number'
    | 'duration'
    | 'switch'
    | 'select'
    | 'suggest'
    | 'tags'
    | 'pairs'
    | 'fields'
    | 'instant';
  readonly options?: readonly string[];
  /** What one line of pairs looks like. */
  readonly example?: string;
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

export function Settings({ settings, draft }: { readonly settings: readonly Setting[]; readonly draft: Draft }) {
  const { t } = useTranslation();
  /** What cannot even be read is told here, in the words of the field. */
  const unreadable = ({ kind }: Setting, value: unknown): string | null => {
    if (kind === 'duration' && isNoDuration(value)) return t('schedule.spanWrong');
    return kind === 'pairs' && typeof value === 'string' ? t('setting.pairsWrong') : null;
  };
  return (
    <div className="settings">
      {settings.map((setting) => {
        const { path } = setting;
        const value = readPath(draft.value, path);
        // It has inputs of its own, with their labels.
        if (setting.kind === 'fields') {
          return (
            <ParamFieldsEditor
              key={path}
              value={value}
              problems={draft.problems}
              onChange={(next) => draft.onChange(path, next)}
            />
          );
        }
        return (
          <Field
            key={path}
            label={t(`setting.${path}`)}
            help={t(`settingHelp.${path}`)}
            problem={unreadable(setting, value) ?? draft.problems.get(path) ?? null}
          >
            {(input) => (
              <Typed setting={setting} input={input} value={value} onChange={(next) => draft.onChange(path, next)} />
            )}
          </Field>
        );
      })}
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
    case 'code':
      return (
        <Input.TextArea
          {...input}
          disabled={isOff}
          rows={3}
          className="mono"
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
      return <DurationInput {...input} disabled={isOff} value={value} onChange={(next) => onChange(next ?? nothing)} />;
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
      return (
        <PairsInput {...input} placeholder={setting.example ?? ''} disabled={isOff} value={value} onChange={onChange} />
      );
    case 'fields':
      return null;
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
