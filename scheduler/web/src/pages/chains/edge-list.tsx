import { Button, Checkbox, Input, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useRead } from '../../api/read.ts';
import { Field } from '../../look/field.tsx';
import { Icon } from '../../look/icon.tsx';
import { Empty } from '../../look/parts.tsx';
import { Inert } from '../../look/values.tsx';
import { readDuration, writeDuration } from '../../pure/format.ts';
import type { ChainInput } from './edit-chain.tsx';

type Edge = ChainInput['edges'][number];

/** The chain as a list, found by typing: the way for the keyboard and for hundreds of nodes. */
export function EdgeList({
  chain,
  onChange,
  at,
  onAt,
  problems,
}: {
  readonly chain: ChainInput;
  readonly onChange: (next: ChainInput) => void;
  readonly at: string | null;
  readonly onAt: (node: string | null) => void;
  readonly problems: ReadonlyMap<string, string>;
}) {
  const { t } = useTranslation();
  const [search, setSearch] = useState('');
  const jobs = useRead('GET /jobs', { query: { limit: 200 } });
  const names = (jobs.data?.items ?? []).map(({ name }) => name);
  const free = names.filter((name) => !chain.nodes.includes(name) && !(chain.sweeps ?? []).includes(name));
  const shown = chain.nodes.filter((node) => node.toLowerCase().includes(search.toLowerCase()));
  const wrong = problems.get('nodes') ?? problems.get('edges');
  return (
    <div className="stack tight">
      <div className="row">
        <Select
          aria-label={t('chain.addNode')}
          placeholder={t('chain.addNode')}
          showSearch
          value={null}
          style={{ flex: 1, minWidth: 180 }}
          options={free.map((name) => ({ value: name, label: name }))}
          onChange={(name: string | null) => {
            if (name === null) return;
            onChange({ ...chain, nodes: [...chain.nodes, name] });
            onAt(name);
          }}
        />
        <Input
          aria-label={t('chain.findNode')}
          placeholder={t('chain.findNode')}
          prefix={<Icon name="search" size={14} />}
          allowClear
          value={search}
          onChange={({ target }) => setSearch(target.value)}
          style={{ flex: 1, minWidth: 140 }}
        />
      </div>
      {wrong !== undefined && (
        <p className="wrong" role="alert">
          <Inert text={wrong} />
        </p>
      )}
      {chain.nodes.length === 0 && <Empty>{t('chain.noNodes')}</Empty>}
      <ul className="chain-list">
        {shown.map((node) => (
          <NodeItem
            key={node}
            node={node}
            chain={chain}
            onChange={onChange}
            isOpen={at === node}
            onOpen={() => onAt(at === node ? null : node)}
          />
        ))}
      </ul>
      <Field label={t('chain.sweeps')} help={t('chain.sweepsHelp')}>
        {(input) => (
          <Select
            {...input}
            mode="multiple"
            value={[...(chain.sweeps ?? [])]}
            options={names.filter((name) => !chain.nodes.includes(name)).map((name) => ({ value: name, label: name }))}
            onChange={(sweeps) => onChange({ ...chain, sweeps })}
          />
        )}
      </Field>
    </div>
  );
}

function NodeItem({
  node,
  chain,
  onChange,
  isOpen,
  onOpen,
}: {
  readonly node: string;
  readonly chain: ChainInput;
  readonly onChange: (next: ChainInput) => void;
  readonly isOpen: boolean;
  readonly onOpen: () => void;
}) {
  const { t } = useTranslation();
  const into = chain.edges.filter(({ to }) => to === node);
  const others = chain.nodes.filter((name) => name !== node && !into.some(({ from }) => from === name));
  const setEdge = (from: string, next: Edge | null) =>
    onChange({
      ...chain,
      edges: chain.edges.flatMap((edge) =>
        edge.from === from && edge.to === node ? (next === null ? [] : [next]) : [edge],
      ),
    });
  const joinAny = chain.joinAny ?? [];
  return (
    <li className={isOpen ? 'is-open' : ''}>
      <div className="row between">
        <button type="button" className="node-button" aria-expanded={isOpen} onClick={onOpen}>
          <strong className="cut">
            <Inert text={node} />
          </strong>
          <span className="small soft cut">
            {into.length === 0 ? t('chain.root') : t('chain.after', { names: into.map(({ from }) => from).join(', ') })}
          </span>
        </button>
        <Button
          type="text"
          size="small"
          aria-label={t('chain.removeNode', { node })}
          icon={<Icon name="trash" size={15} />}
          onClick={() =>
            onChange({
              ...chain,
              nodes: chain.nodes.filter((name) => name !== node),
              edges: chain.edges.filter(({ from, to }) => from !== node && to !== node),
              joinAny: joinAny.filter((name) => name !== node),
            })
          }
        />
      </div>
      {isOpen && (
        <div className="stack tight node-edges">
          {into.map((edge) => (
            <EdgeItem key={edge.from} edge={edge} onChange={(next) => setEdge(edge.from, next)} />
          ))}
          <Select
            aria-label={t('chain.addEdge', { node })}
            placeholder={t('chain.addEdge', { node })}
            showSearch
            value={null}
            options={others.map((name) => ({ value: name, label: name }))}
            onChange={(from: string | null) =>
              from !== null && onChange({ ...chain, edges: [...chain.edges, { from, to: node }] })
            }
          />
          {into.length > 1 && (
            <Checkbox
              checked={joinAny.includes(node)}
              onChange={({ target }) =>
                onChange({
                  ...chain,
                  joinAny: target.checked ? [...joinAny, node] : joinAny.filter((name) => name !== node),
                })
              }
            >
              {t('chain.joinAny')}
            </Checkbox>
          )}
        </div>
      )}
    </li>
  );
}

function EdgeItem({ edge, onChange }: { readonly edge: Edge; readonly onChange: (next: Edge | null) => void }) {
  const { t } = useTranslation();
  const [deadline, setDeadline] = useState(edge.deadlineMs === undefined ? '' : writeDuration(edge.deadlineMs));
  const takeDeadline = (text: string) => {
    setDeadline(text);
    const ms = readDuration(text);
    const { deadlineMs: _ms, onDeadline, ...rest } = edge;
    if (text === '') onChange(rest);
    else if (ms !== null && ms > 0)
      onChange({ ...rest, deadlineMs: ms, ...(onDeadline === undefined ? {} : { onDeadline }) });
  };
  return (
    <fieldset className="edge-item">
      <legend>{t('chain.edgeFrom', { from: edge.from })}</legend>
      <div className="row">
        <Select
          aria-label={t('chain.when')}
          value={edge.when ?? 'success'}
          onChange={(when) => onChange({ ...edge, when })}
          options={(['success', 'failure', 'always'] as const).map((value) => ({
            value,
            label: t(`edge.when.${value}`),
          }))}
          style={{ width: 140 }}
        />
        <Select
          aria-label={t('chain.milestone')}
          value={edge.milestone ?? 'SETTLED'}
          onChange={(milestone) => onChange({ ...edge, milestone })}
          options={(['SETTLED', 'DISPATCHED'] as const).map((value) => ({ value, label: t(`milestone.${value}`) }))}
          style={{ width: 200 }}
        />
        <Input
          aria-label={t('chain.deadline')}
          placeholder={t('chain.deadline')}
          value={deadline}
          status={deadline !== '' && readDuration(deadline) === null ? 'error' : ''}
          onChange={({ target }) => takeDeadline(target.value)}
          style={{ width: 150 }}
        />
        {edge.deadlineMs !== undefined && (
          <Select
            aria-label={t('chain.onDeadline')}
            value={edge.onDeadline ?? 'alarm'}
            onChange={(onDeadline) => onChange({ ...edge, onDeadline })}
            options={(['alarm', 'go', 'give_up'] as const).map((value) => ({ value, label: t(`onDeadline.${value}`) }))}
            style={{ width: 190 }}
          />
        )}
        <Checkbox
          checked={edge.orCutOff === true}
          onChange={({ target }) => onChange({ ...edge, orCutOff: target.checked })}
        >
          {t('edge.orCutOff')}
        </Checkbox>
        <Button size="small" onClick={() => onChange(null)}>
          {t('chain.removeEdge')}
        </Button>
      </div>
    </fieldset>
  );
}
