import { Button, Checkbox, Input, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { NamesSelect } from '../../edit/names-select.tsx';
import { Field } from '../../look/field.tsx';
import { Icon } from '../../look/icon.tsx';
import { Empty } from '../../look/parts.tsx';
import { Inert, Said } from '../../look/values.tsx';
import { EdgeFields } from './edge-fields.tsx';
import type { ChainInput } from './edit-chain.tsx';

type Edge = ChainInput['edges'][number];

/** Where what is wrong with a graph is shown beside it. */
export const GRAPH_PATHS = ['nodes', 'edges', 'sweeps'] as const;

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
  const sweeps = chain.sweeps ?? [];
  const shown = chain.nodes.filter((node) => node.toLowerCase().includes(search.toLowerCase()));
  const wrong = ['nodes', 'edges'].flatMap((path) => problems.get(path) ?? []).join('; ');
  return (
    <div className="stack tight">
      <div className="row">
        <NamesSelect
          of="job"
          aria-label={t('chain.addNode')}
          placeholder={t('chain.addNode')}
          value={null}
          style={{ flex: 1, minWidth: 180 }}
          without={[...chain.nodes, ...sweeps]}
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
      {wrong !== '' && (
        <p className="wrong" role="alert">
          <Said text={wrong} />
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
      <Field label={t('chain.sweeps')} help={t('chain.sweepsHelp')} problem={problems.get('sweeps') ?? null}>
        {(input) => (
          <NamesSelect
            {...input}
            of="job"
            mode="multiple"
            value={[...sweeps]}
            without={chain.nodes}
            onChange={(names: string[]) => onChange({ ...chain, sweeps: names })}
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
            <EdgeFields key={edge.from} edge={edge} onChange={(next) => setEdge(edge.from, next)} />
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
