import { Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { type Named, NamesSelect } from '../../edit/names-select.tsx';
import { Field } from '../../look/field.tsx';

export type Scope = 'cluster' | Named;
/** What a hold or a backfill is for. */
export interface Target<S extends Scope> {
  readonly scope: S;
  /** Null: none is chosen yet; the whole cluster has none. */
  readonly name: string | null;
}

export function TargetFields<S extends Scope>({
  scopes,
  target,
  onChange,
  problem,
}: {
  readonly scopes: readonly S[];
  readonly target: Target<S>;
  readonly onChange: (next: Target<S>) => void;
  /** What the API finds wrong with the name. */
  readonly problem: string | null;
}) {
  const { t } = useTranslation();
  const { scope, name } = target;
  return (
    <>
      <Field label={t('holds.what')}>
        {(input) => (
          <Select
            {...input}
            value={scope}
            onChange={(next: S) => onChange({ scope: next, name: null })}
            options={scopes.map((value: Scope) => ({ value, label: t(`holds.scope.${value}`) }))}
          />
        )}
      </Field>
      {scope !== 'cluster' && (
        <Field label={t('enter.name')} problem={problem}>
          {(input) => (
            <NamesSelect
              {...input}
              of={scope}
              value={name}
              onChange={(next: string) => onChange({ scope, name: next })}
            />
          )}
        </Field>
      )}
    </>
  );
}
