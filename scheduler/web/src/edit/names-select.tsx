import { Select, type SelectProps } from 'antd';
import { useEffect, useState } from 'react';
import { useRead } from '../api/read.ts';

export type Named = 'job' | 'chain' | 'group';

/** Chooses jobs, chains or groups by their names. The API looks for what is typed: ten thousand are not sent to choose of. */
export function NamesSelect({
  of,
  without = [],
  ...select
}: SelectProps & {
  readonly of: Named;
  /** Those that cannot be chosen (any more). */
  readonly without?: readonly string[];
}) {
  const [typed, setTyped] = useState('');
  const names = useNames(of, useLater(typed)).filter((name) => !without.includes(name));
  return (
    <Select
      {...select}
      showSearch={{ filterOption: false, onSearch: setTyped }}
      options={names.map((name) => ({ value: name, label: name }))}
      onOpenChange={(isOpen) => !isOpen && setTyped('')}
    />
  );
}

const SHOWN_MAX = 100;

function useNames(of: Named, search: string): readonly string[] {
  const query = search === '' ? { limit: SHOWN_MAX } : { limit: SHOWN_MAX, name: search };
  const jobs = useRead('GET /jobs', { query }, { enabled: of === 'job' });
  const chains = useRead('GET /chains', { query }, { enabled: of === 'chain' });
  const groups = useRead('GET /groups', {}, { enabled: of === 'group' });
  if (of === 'job') return jobs.data?.items.map(({ name }) => name) ?? [];
  if (of === 'chain') return chains.data?.items.map(({ name }) => name) ?? [];
  const typed = search.toLowerCase();
  return groups.data?.items.map(({ name }) => name).filter((name) => name.toLowerCase().includes(typed)) ?? [];
}

const PAUSE_MS = 250;
/** What is typed, when typing pauses. */
function useLater(text: string): string {
  const [later, setLater] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setLater(text.trim()), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return later;
}
