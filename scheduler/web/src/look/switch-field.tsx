import { Switch } from 'antd';
import type { ReactNode } from 'react';
import { Field } from './field.tsx';

/** Yes or no, with its label and explanation. The span keeps the switch from being stretched to the width of a field. */
export function SwitchField({
  label,
  help,
  checked,
  onChange,
}: {
  readonly label: ReactNode;
  readonly help?: ReactNode;
  readonly checked: boolean;
  readonly onChange: (next: boolean) => void;
}) {
  return (
    <Field label={label} help={help}>
      {({ id }) => (
        <span>
          <Switch id={id} checked={checked} onChange={onChange} />
        </span>
      )}
    </Field>
  );
}
