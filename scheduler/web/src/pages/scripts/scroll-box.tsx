import './script.css';
import type { ReactNode } from 'react';

/** What scrolls within itself has to be reached by the keyboard, and to say what it is. */
export const ScrollBox = ({
  className,
  label,
  children,
}: {
  readonly className: string;
  readonly label: string;
  readonly children: ReactNode;
}) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
  // biome-ignore lint/a11y/useSemanticElements: a fieldset is for what is typed, a section would be a landmark more
  <div className={className} role="group" aria-label={label} tabIndex={0}>
    {children}
  </div>
);
