import type { MessageRow, RuleRow } from '../../storage/sql/admin-alarm-queries.ts';
import type { AlarmRow } from '../../storage/sql/alarm-queries.ts';
import { eventOf } from './rule-events.ts';

export interface AlarmFacts {
  readonly alarm: AlarmRow;
  /** The groups of what it is about; 'everything': of the whole installation. */
  readonly groups: readonly string[] | 'everything' | 'none';
}

export type NewMessage = Pick<MessageRow, 'alarmId' | 'channelId' | 'what'>;

/**
 * Which messages the rules ask for that are not there yet. An alarm is told once per channel, whatever number of rules
 * name it, and its end once to whom it was told. Rules are not for alarms from before them.
 */
export function chooseMessages(
  alarms: readonly AlarmFacts[],
  rules: readonly RuleRow[],
  there: readonly MessageRow[],
  nowMs: number,
): NewMessage[] {
  const known = new Set(there.map(({ alarmId, channelId, what }) => `${alarmId} ${channelId} ${what}`));
  const chosen: NewMessage[] = [];
  const choose = (message: NewMessage): void => {
    const key = `${message.alarmId} ${message.channelId} ${message.what}`;
    if (known.has(key)) return;
    known.add(key);
    chosen.push(message);
  };
  for (const facts of alarms) {
    const { alarm } = facts;
    for (const rule of rules.filter((one) => isFor(one, facts))) {
      const stoodMs = (alarm.closedAt ?? nowMs) - alarm.raisedAt;
      for (const channelId of JSON.parse(rule.channels) as number[]) {
        if (stoodMs >= rule.afterMs) choose({ alarmId: alarm.id, channelId, what: 'raised' });
        const wasTold = known.has(`${alarm.id} ${channelId} raised`);
        if (alarm.closedAt !== null && rule.tellRecovery === 1 && wasTold) {
          choose({ alarmId: alarm.id, channelId, what: 'recovered' });
        }
      }
    }
  }
  return chosen;
}

function isFor(rule: RuleRow, { alarm, groups }: AlarmFacts): boolean {
  if (rule.enabled !== 1 || alarm.raisedAt < rule.createdAt) return false;
  if (rule.severity === 'critical' && alarm.severity !== 'critical') return false;
  if (!(JSON.parse(rule.events) as string[]).includes(eventOf(alarm.kind))) return false;
  return rule.appName === null || (Array.isArray(groups) && groups.includes(rule.appName));
}
