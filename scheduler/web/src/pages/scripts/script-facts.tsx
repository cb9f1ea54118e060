import { useTranslation } from 'react-i18next';
import { useLanguage } from '../../app/preferences.ts';
import { Facts } from '../../look/parts.tsx';
import { Inert, Instant, Said } from '../../look/values.tsx';
import { formatCount } from '../../pure/format.ts';
import type { ScriptLine } from './use-script.ts';

export function ScriptFacts({ script }: { readonly script: ScriptLine }) {
  const { t } = useTranslation();
  const language = useLanguage();
  return (
    <Facts
      items={[
        [t('setting.glueType'), script.glueType],
        [t('script.savedAt'), <Instant key="at" atMs={script.savedAtMs} />],
        [t('script.savedBy'), <Inert key="by" text={script.by} />],
        [t('script.remark'), <Said key="remark" text={script.remark} />],
        [t('script.size'), t('script.bytes', { size: formatCount(script.bytes, language) })],
        [
          t('script.sum'),
          <code key="sum" className="small script-sum">
            {script.sha256}
          </code>,
        ],
      ]}
    />
  );
}
