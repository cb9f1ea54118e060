import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  CALL_EDGES,
  CALL_STATES,
  type CallState,
  ITEM_EDGES,
  ITEM_STATES,
  type ItemState,
  isFinal,
  isSettled,
} from '../../../../executor/downstream/item-states.ts';
import { decideSettlement } from '../../../../executor/downstream/settle-decision.ts';
import { slices } from '../../../../executor/storage/migrations/0002-slices.ts';
import { money } from '../../../../executor/storage/migrations/0003-money.ts';
import { SQLITE_WORDS } from '../../../../shared/sql/ddl-words.ts';
import { SUBJECTS, VERDICTS, VIAS } from './settlements.ts';

type Edges = Readonly<Record<string, readonly string[]>>;
const picture = readFileSync(new URL('../../../../docs/money.md', import.meta.url), 'utf8');
const ddl = [...slices.statements(SQLITE_WORDS), ...money.statements(SQLITE_WORDS)];

function drawnEdges(machine: string): Edges {
  const block = new RegExp(`\`\`\`${machine}\\n([\\s\\S]*?)\`\`\``).exec(picture)?.[1] ?? '';
  const lines = block.trim().split('\n');
  return Object.fromEntries(
    lines.map((line) => {
      const [from = '', to = ''] = line.split('>');
      return [
        from.trim(),
        to
          .split('|')
          .map((state) => state.trim())
          .filter(Boolean),
      ];
    }),
  );
}

function checkedStates(table: string): string[] {
  const text = ddl.find((statement) => statement.includes(`create table ${table} (`)) ?? '';
  const list = /\n\s*state .*? check \(state in\s*\(([^)]*)\)/.exec(text)?.[1] ?? '';
  return [...list.matchAll(/'([A-Z_]+)'/g)].map((match) => match[1] ?? '').sort();
}

const sorted = (edges: Edges): Edges =>
  Object.fromEntries(Object.entries(edges).map(([from, to]) => [from, [...to].sort()]));

describe.each<[string, string, Edges, readonly string[]]>([
  ['item', 'item', ITEM_EDGES, ITEM_STATES],
  ['call', 'call_out', CALL_EDGES, CALL_STATES],
])('%s', (machine, table, edges, states) => {
  test('the picture shows the edges of the code', () => {
    expect(sorted(drawnEdges(machine))).toEqual(sorted(edges));
  });
  test('the CHECK of its table names its states', () => {
    expect(checkedStates(table)).toEqual([...states].sort());
    expect(Object.keys(edges).sort()).toEqual([...states].sort());
  });
});

test('an item is final in SUCCESS, FAILED and BLOCKED, and rests in MANUAL', () => {
  expect(ITEM_STATES.filter(isFinal).sort()).toEqual(['BLOCKED', 'FAILED', 'SUCCESS']);
  expect(ITEM_STATES.filter(isSettled).sort()).toEqual(['BLOCKED', 'FAILED', 'MANUAL', 'SUCCESS']);
});

test('no decision leaves an edge of the picture, whatever is said to whatever state', () => {
  for (const subject of SUBJECTS) {
    for (const verdict of VERDICTS) {
      for (const via of VIAS) {
        const decision = decideSettlement(subject, verdict, via);
        const from = subject.item.state;
        let to: ItemState = from;
        let call: CallState | null = null;
        if (decision.kind === 'settle') [to, call] = [decision.outcome.state, decision.call];
        if (decision.kind === 'retry_wait') [to, call] = ['RETRY_WAIT', decision.call];
        if (decision.kind === 'manual') [to, call] = ['MANUAL', decision.call];
        if (decision.kind === 'contradiction' && decision.toManual) to = 'MANUAL';
        const what = JSON.stringify({ subject, verdict, via, decision });
        if (to !== from) expect(ITEM_EDGES[from], what).toContain(to);
        if (call !== null && call !== subject.call.state) expect(CALL_EDGES[subject.call.state], what).toContain(call);
      }
    }
  }
});
