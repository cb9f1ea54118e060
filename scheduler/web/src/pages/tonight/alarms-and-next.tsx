import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { Empty, Panel } from '../../look/parts.tsx';
import { StateMark } from '../../look/state.tsx';
import { Ago, Inert, Said } from '../../look/values.tsx';
import type { TonightReply } from './tonight.tsx';

const SHOWN = 6;

export function Alarms({ alarms }: { readonly alarms: TonightReply['alarms'] }) {
  const { t } = useTranslation();
  return (
    <Panel
      title={t('nav.alarms')}
      flush
      actions={<Link to="/alarms">{t('alarms.all', { count: alarms.length })}</Link>}
    >
      {alarms.length === 0 ? (
        <Empty>{t('alarms.none')}</Empty>
      ) : (
        <ul>
          {alarms.slice(0, SHOWN).map((alarm) => (
            <li key={alarm.id} className="alarm-line">
              <StateMark state={alarm.severity} />
              <div className="grow">
                <strong>{t(`alarm.${alarm.kind}`, { defaultValue: alarm.kind })}</strong>{' '}
                {alarm.subjectName !== null && <Inert text={alarm.subjectName} />}{' '}
                <span className="small soft">
                  <Ago atMs={alarm.lastAtMs} />
                </span>
                <div className="small soft">
                  <Said text={alarm.message} />
                </div>
              </div>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

export function Next({ next }: { readonly next: TonightReply['next'] }) {
  const { t } = useTranslation();
  return (
    <Panel title={t('tonight.next')} flush>
      {next.length === 0 ? (
        <Empty>{t('tonight.nextNone')}</Empty>
      ) : (
        <ul>
          {next.map(({ kind, name, atMs }) => (
            <li key={`${kind} ${name} ${atMs}`} className="next-line">
              {kind === 'chain' ? (
                <Link to={`/chains/${encodeURIComponent(name)}`} className="cut">
                  <Inert text={name} />
                </Link>
              ) : (
                <Link to={`/jobs?search=${encodeURIComponent(name)}`} className="cut">
                  <Inert text={name} />
                </Link>
              )}
              <span className="soft">
                <Ago atMs={atMs} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
