import { Select } from 'antd';
import { useTranslation } from 'react-i18next';

export interface Chosen {
  readonly from: number;
  readonly to: number;
}

/** Two versions of something that are compared. */
export function VersionChoice({
  versions,
  chosen,
  onChoose,
}: {
  readonly versions: readonly number[];
  readonly chosen: Chosen;
  readonly onChoose: (next: Chosen) => void;
}) {
  const { t } = useTranslation();
  const options = versions.map((version) => ({ value: version, label: t('versions.name', { version }) }));
  return (
    <div className="row">
      <Select
        aria-label={t('versions.from')}
        value={chosen.from}
        options={options}
        onChange={(from) => onChoose({ ...chosen, from })}
      />
      <span aria-hidden="true">→</span>
      <Select
        aria-label={t('versions.to')}
        value={chosen.to}
        options={options}
        onChange={(to) => onChoose({ ...chosen, to })}
      />
    </div>
  );
}
