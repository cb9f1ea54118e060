import type { ReactNode } from 'react';
import { StateMark, type Tone } from './state.tsx';

/** What the whole of something comes to: one box in its colour, with its sign and its words, the first of them strong. */
export function Verdict({
  tone,
  mark,
  label,
  children,
}: {
  readonly tone: Tone;
  /** The state whose sign it carries. */
  readonly mark: string;
  /** For those who hear it, where the words do not say what it is about. */
  readonly label?: string;
  readonly children: ReactNode;
}) {
  return (
    <section className={`verdict tone-${tone}`} {...(label === undefined ? {} : { 'aria-label': label })}>
      <StateMark state={mark} size={20} />
      <div className="grow">{children}</div>
    </section>
  );
}
