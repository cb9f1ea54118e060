import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { Choose } from '../look/choose.tsx';
import { State } from '../look/state.tsx';
import { useSearch } from '../look/use-search.ts';
import { Inert } from '../look/values.tsx';

// What the lists of jobs and of chains show and filter alike.

/** Its name, which leads to its page, and what people call it. */
export function NameCell({ to, name, title }: { readonly to: string; readonly name: string; readonly title: string }) {
  return (
    <div className="title-cell">
      <Link to={to}>
        <Inert text={name} />
      </Link>
      {title !== '' && <Inert text={title} className="small soft" />}
    </div>
  );
}

export function OnCell({ enabled, heldBecause }: { readonly enabled: boolean; readonly heldBecause: string | null }) {
  if (heldBecause === null) return <State state={enabled ? 'enabled' : 'disabled'} />;
  return (
    <span title={heldBecause}>
      <State state="held" />
    </span>
  );
}

export function Tags({ tags }: { readonly tags: readonly string[] }) {
  return (
    <span className="row tight">
      {tags.map((tag) => (
        <span key={tag} className="tag">
          <Inert text={tag} />
        </span>
      ))}
    </span>
  );
}

/** What `OnFilter` has put into the address, as the API wants it; null: not filtered by. */
export const onQuery = (get: (name: string) => string) => ({
  enabled: get('enabled') === '' ? null : get('enabled') === 'true',
  removed: get('removed') === 'true' ? true : null,
});

/** Those that are on, those that are off, or those that were taken away. */
export function OnFilter() {
  const { t } = useTranslation();
  const [get, set] = useSearch();
  return (
    <Choose
      label={t('jobs.isOn')}
      value={get('removed') === 'true' ? 'removed' : get('enabled')}
      options={[
        { value: 'true', label: t('state.enabled') },
        { value: 'false', label: t('state.disabled') },
        { value: 'removed', label: t('jobs.removed') },
      ]}
      onChange={(value) =>
        set(value === 'removed' ? { enabled: null, removed: 'true' } : { enabled: value, removed: null })
      }
      width={130}
    />
  );
}

/** By tag and by owner: what occurs, of either list. */
export function LabelFilters({
  filters,
}: {
  readonly filters: { readonly tags: readonly string[]; readonly owners: readonly string[] } | undefined;
}) {
  const { t } = useTranslation();
  const [get, set] = useSearch();
  return (
    <>
      <Choose
        label={t('jobs.tag')}
        value={get('tag')}
        options={optionsOf(filters?.tags)}
        onChange={(tag) => set({ tag })}
        width={130}
      />
      <Choose
        label={t('jobs.owner')}
        value={get('owner')}
        options={optionsOf(filters?.owners)}
        onChange={(owner) => set({ owner })}
        width={140}
      />
    </>
  );
}

export const optionsOf = (names: readonly string[] = []) => names.map((name) => ({ value: name, label: name }));
