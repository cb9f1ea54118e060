import { useTranslation } from 'react-i18next';
import { useRead } from '../api/read.ts';
import { Loaded, Panel } from '../look/parts.tsx';
import { type DefinitionRef, routeOf } from './definition-ref.ts';
import { Fires } from './fires.tsx';

/** When a job or a chain fires next, on the clocks of its zone. */
export function NextFires({ of }: { readonly of: DefinitionRef }) {
  const { t } = useTranslation();
  const fires = useRead(routeOf(of, 'GET', '/next-fires'), { params: of, query: { n: 10 } }, { topics: ['jobs'] });
  return (
    <Panel title={t('fires.title')}>
      <Loaded of={fires}>
        {({ items, zone }) => (
          <div className="stack tight">
            {items.length > 0 && <span className="label">{zone}</span>}
            <Fires items={items} />
          </div>
        )}
      </Loaded>
    </Panel>
  );
}
