import { type ReactNode, useId } from 'react';
import { Said } from './values.tsx';

/** A labelled field with its explanation and what the API finds wrong with it. */
export function Field({
  label,
  help,
  problem,
  children,
}: {
  readonly label: ReactNode;
  readonly help?: ReactNode;
  readonly problem?: string | null;
  /** Gets the id and what describes it, to put on the input. */
  readonly children: (input: {
    readonly id: string;
    readonly 'aria-describedby'?: string;
    readonly status: '' | 'error';
  }) => ReactNode;
}) {
  const id = useId();
  const describes = [help === undefined ? '' : `${id}help`, problem == null ? '' : `${id}wrong`].join(' ').trim();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({
        id,
        status: problem == null ? '' : 'error',
        ...(describes === '' ? {} : { 'aria-describedby': describes }),
      })}
      {problem != null && (
        <span className="wrong" id={`${id}wrong`} role="alert">
          <Said text={problem} />
        </span>
      )}
      {help !== undefined && (
        <span className="soft small" id={`${id}help`}>
          {help}
        </span>
      )}
    </div>
  );
}
