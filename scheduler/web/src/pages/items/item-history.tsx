import { Button } from 'antd';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useRead } from '../../api/read.ts';
import { useLanguage } from '../../app/preferences.ts';
import { Facts, Loaded, Panel } from '../../look/parts.tsx';
import { State } from '../../look/state.tsx';
import { Inert, Instant } from '../../look/values.tsx';
import { foldEvents } from '../../pure/fold-events.ts';
import { formatMoney } from '../../pure/format.ts';
import { inertValue } from '../../pure/inert-text.ts';
import { AskedNext } from './asked-next.tsx';
import { Decide } from './decide.tsx';
import { EventWords } from './event-words.tsx';
import { isOpen } from './item-columns.tsx';
import { useReasonWords } from './reason-words.ts';

/** Everything that is known of one item, and what can be done about it. */
export function ItemHistory({
  group,
  requestNo,
  onClose,
}: {
  readonly group: string;
  readonly requestNo: string;
  readonly onClose: () => void;
}) {
  const { t } = useTranslation();
  const language = useLanguage();
  const reasonWords = useReasonWords();
  const history = useRead('GET /items/history', { query: { group, requestNo } }, { topics: ['tonight', 'approvals'] });
  const place = useRef<HTMLDivElement>(null);
  // It opens above a list of any length: who asked for it is brought to it.
  useEffect(() => place.current?.focus(), []);
  return (
    <div ref={place} tabIndex={-1} className="item-history">
      <Panel
        title={<Inert text={requestNo} className="mono" />}
        flush
        actions={
          <Button size="small" onClick={onClose}>
            {t('common.close')}
          </Button>
        }
      >
        <Loaded of={history}>
          {({ item, events }) => (
            <>
              <div className="panel-body stack">
                <Facts
                  items={[
                    [t('items.key'), <Inert key="key" text={item.key} />],
                    [t('runs.state'), <State key="state" state={item.state} />],
                    item.reason === null
                      ? null
                      : [t('items.reason'), <Inert key="reason" text={reasonWords(item.reason)} />, 'wide'],
                    [t('items.leg'), <Inert key="leg" text={item.leg} />],
                    [t('items.amount'), `${formatMoney(item.amountMinor, item.currency, language)} ${item.currency}`],
                    [t('items.attempt'), item.attempt],
                    [
                      t('nav.runs'),
                      <Link key="run" to={`/runs/${item.runId}`}>
                        #{item.runId}
                      </Link>,
                    ],
                    item.nextCheckAtMs === null
                      ? null
                      : [t('items.nextCheck'), <AskedNext key="next" atMs={item.nextCheckAtMs} />],
                  ]}
                />
                {isOpen(item) && (
                  <Decide
                    group={group}
                    requestNo={requestNo}
                    item={item}
                    isAsked={item.nextCheckAtMs !== null}
                    isWithPeople={item.state === 'MANUAL'}
                  />
                )}
              </div>
              <ol className="history" aria-label={t('items.history')}>
                {foldEvents(events).map(({ event, again, lastAtMs }, index) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: events have no id, and only grow at the end
                  <li key={index}>
                    <span className="soft small">
                      <Instant atMs={event.atMs} style="second" />
                    </span>
                    <span>
                      <span className="tag">{t(`itemEvent.${event.kind}`, { defaultValue: event.kind })}</span>
                    </span>
                    <div>
                      <EventWords event={event} />
                      {event.by !== null && (
                        <span className="soft">
                          {' '}
                          · <Inert text={event.by} />
                        </span>
                      )}
                      {event.body !== null && (
                        <pre>{inertValue(typeof event.body === 'string' ? reasonWords(event.body) : event.body)}</pre>
                      )}
                      {again > 0 && (
                        <span className="small soft">
                          {t('items.again', { count: again })} <Instant atMs={lastAtMs} style="second" />
                        </span>
                      )}
                    </div>
                  </li>
                ))}
              </ol>
            </>
          )}
        </Loaded>
      </Panel>
    </div>
  );
}
