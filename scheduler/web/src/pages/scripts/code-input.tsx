import './script.css';
import { useMemo, useRef } from 'react';
import { LineNumbers } from './code-view.tsx';

/** A field of many lines, numbered. Tab goes on to the next field, so nobody is caught in it. */
export function CodeInput({
  value,
  onChange,
  input: { id, status, ...described },
}: {
  readonly value: string;
  readonly onChange: (next: string) => void;
  readonly input: { readonly id: string; readonly 'aria-describedby'?: string; readonly status: '' | 'error' };
}) {
  const numbers = useRef<HTMLDivElement>(null);
  const count = useMemo(() => value.split('\n').length, [value]);
  return (
    <div className={`code-input ${status === 'error' ? 'is-wrong' : ''}`}>
      <div className="code-numbers">
        <div ref={numbers}>
          <LineNumbers count={count} />
        </div>
      </div>
      <textarea
        {...described}
        id={id}
        aria-invalid={status === 'error'}
        wrap="off"
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        value={value}
        onChange={({ target }) => onChange(target.value)}
        onScroll={({ currentTarget }) => {
          if (numbers.current !== null) numbers.current.style.transform = `translateY(${-currentTarget.scrollTop}px)`;
        }}
      />
    </div>
  );
}
