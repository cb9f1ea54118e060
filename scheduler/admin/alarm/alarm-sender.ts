import type { ChannelKind } from '../../storage/sql/admin-alarm-queries.ts';
import type { AlarmText } from './alarm-text.ts';

export interface EmailSettings {
  readonly host: string;
  readonly port: number;
  readonly security: 'tls' | 'starttls' | 'none';
  readonly user?: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly language?: 'en' | 'zh';
}
export interface HookSettings {
  readonly url: string;
  readonly language?: 'en' | 'zh';
}

export interface AlarmTarget {
  readonly kind: ChannelKind;
  readonly settings: EmailSettings | HookSettings;
  readonly secret: string | null;
}

/** How an alarm leaves. The adapter is `http-alarm-sender.ts`; a test hands in one of its own. */
export interface AlarmSender {
  /** Why a message could not be sent, in our own words and never in those of who was asked; null: it was taken. */
  send(target: AlarmTarget, text: AlarmText): Promise<string | null>;
  /** Why a target may not be used, or null; names are judged when they are resolved. */
  refusalOf(target: AlarmTarget): string | null;
}
