import './edit.css';
import { Button, Input, InputNumber, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Field } from '../look/field.tsx';
import { Icon } from '../look/icon.tsx';
import { ParamValue } from '../look/param-value.tsx';
import { SwitchField } from '../look/switch-field.tsx';
import { Said } from '../look/values.tsx';
import {
  asRequired,
  FIELD_TYPES,
  type FieldRow,
  fieldsOf,
  hasChoice,
  isNumeric,
  moved,
  NEW_ROW,
  nameFault,
  ofType,
  rowsOf,
} from '../pure/field-rows.ts';
import type { ParamFields } from '../pure/param-fields.ts';

/** A row has a number of its own: its name may change, and its place. */
interface Numbered {
  readonly no: number;
  readonly row: FieldRow;
}

/** The fields of a parameter: which there are, in which order people are asked for them, and what each takes. */
export function ParamFieldsEditor({
  value,
  problems,
  onChange,
}: {
  readonly value: unknown;
  readonly problems: ReadonlyMap<string, string>;
  readonly onChange: (next: unknown) => void;
}) {
  const { t } = useTranslation();
  const [rows, setRows] = useState<readonly Numbered[]>(() =>
    rowsOf(value as ParamFields | null).map((row, no) => ({ no, row })),
  );
  const change = (next: readonly Numbered[]) => {
    setRows(next);
    onChange(fieldsOf(next.map(({ row }) => row)));
  };
  const plain = rows.map(({ row }) => row);
  const faults = plain.map((_, at) => nameFault(plain, at));
  // What the page says of a name in its own words is not said again.
  const whole = faults.some((fault) => fault !== null) ? undefined : problems.get('paramFields');
  return (
    <fieldset className="wide param-fields">
      <legend>{t('setting.paramFields')}</legend>
      <p className="soft small">{t('settingHelp.paramFields')}</p>
      {rows.map(({ no, row }, at) => (
        <FieldRowFields
          key={no}
          row={row}
          problemAt={(part) => problems.get(`paramFields.${row.name}${part}`) ?? null}
          nameProblem={faults[at] == null ? null : t(`param.${faults[at]}Wrong`)}
          onChange={(next) => change(rows.with(at, { no, row: next }))}
          onMove={(by) => change(moved(rows, at, by))}
          onRemove={() => change(rows.toSpliced(at, 1))}
          isFirst={at === 0}
          isLast={at === rows.length - 1}
        />
      ))}
      {whole !== undefined && (
        <p className="wrong" role="alert">
          <Said text={whole} />
        </p>
      )}
      <Button
        icon={<Icon name="plus" size={15} />}
        onClick={() => change([...rows, { no: Math.max(-1, ...rows.map(({ no }) => no)) + 1, row: NEW_ROW }])}
      >
        {t('param.add')}
      </Button>
    </fieldset>
  );
}

interface RowProps {
  readonly row: FieldRow;
  /** What the API finds wrong with a part of it, such as `.max`; with '' the field itself. */
  readonly problemAt: (part: string) => string | null;
  readonly nameProblem: string | null;
  readonly onChange: (next: FieldRow) => void;
  readonly onMove: (by: number) => void;
  readonly onRemove: () => void;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

function FieldRowFields({ row, problemAt, nameProblem, onChange, onMove, onRemove, isFirst, isLast }: RowProps) {
  const { t } = useTranslation();
  const { name, type } = row;
  return (
    <fieldset className="edge-item">
      <legend>{name === '' ? t('param.new') : name}</legend>
      <div className="settings">
        <Field label={t('param.name')} help={t('param.nameHelp')} problem={nameProblem ?? problemAt('')}>
          {(input) => (
            <Input {...input} value={name} onChange={({ target }) => onChange({ ...row, name: target.value })} />
          )}
        </Field>
        <Field label={t('param.type')} help={t(`param.typeHelp.${type}`)} problem={problemAt('.type')}>
          {(input) => (
            <Select
              {...input}
              value={type}
              onChange={(next) => onChange(ofType(row, next))}
              options={FIELD_TYPES.map((each) => ({ value: each, label: t(`param.type.${each}`) }))}
            />
          )}
        </Field>
        <SwitchField
          label={t('param.isRequired')}
          help={t('param.isRequiredHelp')}
          checked={row.isRequired}
          onChange={(on) => onChange(asRequired(row, on))}
        />
        <Field label={t('param.default')} help={t('param.defaultHelp')} problem={problemAt('.default')}>
          {(input) => (
            <ParamValue
              {...input}
              disabled={row.isRequired}
              field={{ type, oneOf: row.oneOf }}
              value={row.preset}
              onChange={(preset) => onChange({ ...row, preset })}
            />
          )}
        </Field>
        {hasChoice(row) && (
          <Field label={t('param.oneOf')} help={t('param.oneOfHelp')} problem={problemAt('.oneOf')}>
            {(input) => (
              <Select
                {...input}
                mode="tags"
                tokenSeparators={[',']}
                open={false}
                suffixIcon={null}
                value={[...row.oneOf]}
                onChange={(oneOf: string[]) => onChange({ ...row, oneOf })}
              />
            )}
          </Field>
        )}
        {isNumeric(row) &&
          (['min', 'max'] as const).map((end) => (
            <Field key={end} label={t(`param.${end}`)} help={t('param.limitHelp')} problem={problemAt(`.${end}`)}>
              {(input) => (
                <InputNumber {...input} value={row[end]} onChange={(next) => onChange({ ...row, [end]: next })} />
              )}
            </Field>
          ))}
      </div>
      <div className="row tight">
        <Button size="small" disabled={isFirst} aria-label={t('param.up', { name })} onClick={() => onMove(-1)}>
          ↑
        </Button>
        <Button size="small" disabled={isLast} aria-label={t('param.down', { name })} onClick={() => onMove(1)}>
          ↓
        </Button>
        <Button
          size="small"
          icon={<Icon name="trash" size={14} />}
          aria-label={t('param.remove', { name })}
          onClick={onRemove}
        >
          {t('common.remove')}
        </Button>
      </div>
    </fieldset>
  );
}
