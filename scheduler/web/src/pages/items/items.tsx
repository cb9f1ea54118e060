import './items.css';
import { useQueryClient } from '@tanstack/react-query';
import { App, Button, Input, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { call } from '../../api/client.ts';
import { type Reply, usePages, useRead } from '../../api/read.ts';
import { useLanguage } from '../../app/preferences.ts';
import { useAsk } from '../../look/ask.tsx';
import { Choose } from '../../look/choose.tsx';
import { SearchSign } from '../../look/icon.tsx';
import { type Column, List } from '../../look/list.tsx';
import { Facts, Loaded, Page, Panel, useProblemWords } from '../../look/parts.tsx';
import { State, useStateWord } from '../../look/state.tsx';
import { useSearch } from '../../look/use-search.ts';
import { Ago, Inert, Instant } from '../../look/values.tsx';
import { formatMoney } from '../../pure/format.ts';
import { inertValue } from '../../pure/inert-text.ts';

type Item = Reply<'GET /items'>['items'][number];
const OPEN_STATES = ['PROCESSING', 'RETRY_WAIT', 'MANUAL', 'PENDING'] as const;

/** Single debits: what is not resolved, what is searched for, and everything known of one. */
export function Items() {
  const { t } = useTranslation();
  const word = useStateWord();
  const [get, set] = useSearch();
  const groups = useRead('GET /groups');
  const names = groups.data?.items.map(({ name }) => name) ?? [];
  const group = get('group') === '' ? (names[0] ?? '') : get('group');
  const search = get('q');
  const request = get('request');
  return (
    <Page title={t('nav.items')}>
      <div className="filters">
        <Select
          aria-label={t('runs.group')}
          value={group === '' ? null : group}
          options={names.map((name) => ({ value: name, label: name }))}
          onChange={(next) => set({ group: next, request: null })}
          style={{ minWidth: 160 }}
        />
        <Input.Search
          key={search}
          aria-label={t('items.search')}
          placeholder={t('items.search')}
          defaultValue={search}
          allowClear
          enterButton={<SearchSign />}
          style={{ width: 380, maxWidth: '100%' }}
          onSearch={(q) => set({ q: q.trim(), request: null })}
        />
        {search === '' && (
          <Choose
            label={t('runs.state')}
            value={get('state')}
            width={220}
            options={OPEN_STATES.map((state) => ({ value: state, label: word(state) }))}
            onChange={(state) => set({ state })}
          />
        )}
      </div>
      {group !== '' && request !== '' && (
        <History group={group} requestNo={request} onClose={() => set({ request: null })} />
      )}
      {group !== '' &&
        (search === '' ? <Unresolved group={group} state={get('state')} /> : <Found group={group} q={search} />)}
    </Page>
  );
}

function Unresolved({ group, state }: { readonly group: string; readonly state: string }) {
  const { t } = useTranslation();
  const items = usePages(
    'GET /items/unresolved',
    { query: { group, ...(state === '' ? {} : { state }) } },
    { topics: ['tonight'] },
  );
  return (
    <Panel title={t('items.unresolved')} flush>
      <List
        caption={t('items.unresolved')}
        rows={items.rows}
        rowKey={keyOf}
        query={items}
        notThere={t('list.notAnswered')}
        empty={t('items.allClear')}
        columns={useColumns(true)}
      />
    </Panel>
  );
}

function Found({ group, q }: { readonly group: string; readonly q: string }) {
  const { t } = useTranslation();
  const items = usePages('GET /items', { query: { group, q } });
  return (
    <Panel title={t('items.found')} flush>
      <List
        caption={t('items.found')}
        rows={items.rows}
        rowKey={keyOf}
        query={items}
        notThere={t('list.notAnswered')}
        empty={t('items.none')}
        columns={useColumns(false)}
      />
    </Panel>
  );
}

/** Those that two people decide have no next check, and so no instant since when. */
const isOpen = ({ state }: Item): boolean => OPEN_STATES.some((open) => open === state);

const keyOf = ({ runId, sliceNo, seq }: Item): string => `${runId} ${sliceNo} ${seq}`;

function useColumns(isOpen: boolean): readonly Column<Item>[] {
  const { t } = useTranslation();
  const language = useLanguage();
  const [, set] = useSearch();
  return [
    {
      key: 'key',
      title: t('items.key'),
      lead: true,
      cell: ({ key, requestNo }) => (
        <div className="title-cell">
          <strong>
            <Inert text={key} />
          </strong>
          {requestNo !== null && (
            <button type="button" className="as-link small mono" onClick={() => set({ request: requestNo })}>
              <Inert text={requestNo} />
            </button>
          )}
        </div>
      ),
    },
    {
      key: 'state',
      title: t('runs.state'),
      cell: ({ state, reason }) => (
        <div className="title-cell">
          <State state={state} />
          {reason !== null && <Inert text={reason} className="small soft" />}
        </div>
      ),
    },
    { key: 'leg', title: t('items.leg'), cell: ({ leg }) => <Inert text={leg} /> },
    {
      key: 'amount',
      title: t('items.amount'),
      align: 'num',
      cell: ({ amountMinor, currency }) => (
        <span className="nowrap">
          {formatMoney(amountMinor, currency, language)} <span className="soft">{currency}</span>
        </span>
      ),
    },
    { key: 'attempt', title: t('items.attempt'), align: 'num', cell: ({ attempt }) => attempt },
    ...(isOpen
      ? ([
          { key: 'since', title: t('holds.since'), cell: ({ openedAtMs }) => <Ago atMs={openedAtMs} /> },
          { key: 'next', title: t('items.nextCheck'), cell: ({ nextCheckAtMs }) => <Ago atMs={nextCheckAtMs} /> },
        ] satisfies Column<Item>[])
      : ([
          { key: 'date', title: t('runs.date'), cell: ({ businessDate }) => businessDate ?? '–' },
        ] satisfies Column<Item>[])),
    { key: 'run', title: t('nav.runs'), cell: ({ runId }) => <Link to={`/runs/${runId}`}>#{runId}</Link> },
  ];
}

function History({
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
  const history = useRead('GET /items/history', { query: { group, requestNo } }, { topics: ['tonight', 'approvals'] });
  return (
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
                    : [t('items.nextCheck'), <Ago key="next" atMs={item.nextCheckAtMs} />],
                ]}
              />
              {isOpen(item) && <Decide group={group} requestNo={requestNo} mayResolve={item.state === 'MANUAL'} />}
            </div>
            <ol className="history" aria-label={t('items.history')}>
              {events.map(({ atMs, kind, text, by, body }, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: events have no id, and only grow at the end
                <li key={index}>
                  <span className="soft small">
                    <Instant atMs={atMs} style="second" />
                  </span>
                  <span>
                    <span className="tag">{t(`itemEvent.${kind}`, { defaultValue: kind })}</span>
                  </span>
                  <div>
                    <Inert text={text} />
                    {by !== null && (
                      <span className="soft">
                        {' '}
                        · <Inert text={by} />
                      </span>
                    )}
                    {body !== null && <pre>{inertValue(body)}</pre>}
                  </div>
                </li>
              ))}
            </ol>
          </>
        )}
      </Loaded>
    </Panel>
  );
}

/** Asking costs nothing; deciding by hand needs two people, and an item that nothing else can resolve. */
function Decide({
  group,
  requestNo,
  mayResolve,
}: {
  readonly group: string;
  readonly requestNo: string;
  readonly mayResolve: boolean;
}) {
  const { t } = useTranslation();
  const ask = useAsk();
  const client = useQueryClient();
  const { message } = App.useApp();
  const words = useProblemWords();
  const [isAsking, setIsAsking] = useState(false);
  const askNow = async () => {
    setIsAsking(true);
    try {
      const { asked, text } = await call('POST /items/ask-now', { body: { group, requestNo } });
      void message[asked ? 'success' : 'warning'](text ?? (asked ? t('items.asked') : t('items.notAsked')));
      await client.invalidateQueries();
    } catch (error) {
      void message.error(words(error));
    }
    setIsAsking(false);
  };
  const resolve = (as: 'success' | 'failed' | 'retry') =>
    ask({
      title: t(`items.as.${as}Title`),
      body: <p className="note">{t('items.twoPeople')}</p>,
      ok: t('items.askFor'),
      needsReason: true,
      act: async (reason) => {
        await call('POST /items/resolve', { body: { group, requestNo, as, reason } });
        void message.success(t('items.waits'));
        void client.invalidateQueries();
      },
    });
  return (
    <div className="row">
      <Button type="primary" loading={isAsking} onClick={() => void askNow()}>
        {t('items.askNow')}
      </Button>
      {mayResolve ? (
        (['success', 'failed', 'retry'] as const).map((as) => (
          <Button key={as} onClick={() => resolve(as)}>
            {t(`items.as.${as}`)}
          </Button>
        ))
      ) : (
        <span className="soft small">{t('items.notByHand')}</span>
      )}
    </div>
  );
}
