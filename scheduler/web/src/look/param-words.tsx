import { useTranslation } from 'react-i18next';
import type { ParamField, ParamFields } from '../pure/param-fields.ts';
import { draftOf } from '../pure/param-fields.ts';
import { Inert } from './values.tsx';

/** What a field of a parameter takes, in one line. */
export function useParamWords(): (field: ParamField) => string {
  const { t } = useTranslation();
  return (field) =>
    [
      t(`param.type.${field.type}`),
      field.required === true ? t('param.required') : '',
      field.oneOf === undefined ? '' : t('param.oneOfThese', { values: field.oneOf.join(', ') }),
      field.min === undefined ? '' : t('param.atLeast', { min: field.min }),
      field.max === undefined ? '' : t('param.atMost', { max: field.max }),
      field.default === undefined ? '' : t('param.byDefault', { value: draftOf(field, field.default) }),
    ]
      .filter((part) => part !== '')
      .join(' · ');
}

/** The fields of a parameter, to be read. */
export function ParamFieldsList({ fields }: { readonly fields: ParamFields }) {
  const words = useParamWords();
  return (
    <ul className="param-list">
      {Object.entries(fields).map(([name, field]) => (
        <li key={name}>
          <code>{name}</code>{' '}
          <span className="soft small">
            <Inert text={words(field)} />
          </span>
        </li>
      ))}
    </ul>
  );
}
