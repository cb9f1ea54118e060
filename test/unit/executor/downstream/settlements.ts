import { CALL_STATES, ITEM_STATES } from '../../../../executor/downstream/item-states.ts';
import type { SettledBy, SettleSubject } from '../../../../executor/downstream/settle-decision.ts';
import type { ConflictWhy, Verdict } from '../../../../executor/downstream/verdict.ts';

/** Every kind of verdict, with each of its reasons: what the transition function may be asked. */
const CONFLICTS: ConflictWhy[] = [
  'EXPIRED_RESENT',
  'DUPLICATE_MISMATCH',
  'SUCCESS_OTHER_VALUES',
  'SUCCESS_OTHER_CODE',
  'SUCCESS_NO_REF',
  'FAILED_OTHER_VALUES',
  'FAILED_CODE_OK',
];

export const VERDICTS: Verdict[] = [
  { kind: 'success', gatewayRef: 'G1' },
  { kind: 'success', gatewayRef: 'G2' },
  { kind: 'failed', code: 'INSUFFICIENT_FUNDS', gatewayRef: null },
  { kind: 'failed', code: 'ACCOUNT_CLOSED', gatewayRef: 'G1' },
  { kind: 'negative', code: 'VOIDED' },
  { kind: 'negative', code: 'EXPIRED' },
  { kind: 'processing' },
  { kind: 'not_found' },
  { kind: 'missing' },
  { kind: 'refused_other', code: 'SYSTEM_BUSY' },
  { kind: 'refused_other', code: 'SYSTEM_BUSY', confirmed: true },
  ...CONFLICTS.map((why): Verdict => ({ kind: 'conflicting', why })),
  { kind: 'unclear', why: 'unknown status' },
];

export const VIAS: SettledBy[] = ['reply', 'query', 'void', 'callback', 'file'];

const OPEN: SettleSubject['open'][] = [
  null,
  { reason: 'UNCLEAR', detail: null },
  { reason: 'NOT_SENT', detail: null },
  { reason: 'CONFLICTING', detail: 'SUCCESS_OTHER_VALUES' },
  { reason: 'CONFLICTING', detail: 'DUPLICATE_MISMATCH' },
  { reason: 'REFUSED_OTHER', detail: 'SYSTEM_BUSY' },
];

/** Every item state with every call state that can stand beside it, for the live attempt and for an older one. */
export const SUBJECTS: SettleSubject[] = ITEM_STATES.flatMap((state) =>
  CALL_STATES.flatMap((call) =>
    OPEN.flatMap((open) =>
      [
        [1, 1],
        [5, 5],
        [2, 1],
      ].flatMap(([attempt = 1, callAttempt = 1]): SettleSubject[] => {
        if (state === 'PENDING' || state === 'BLOCKED') return [];
        const live = attempt === callAttempt;
        const over = call === 'SUCCEEDED' || call === 'REFUSED' || call === 'VOIDED';
        if (live && state === 'PROCESSING' && over) return [];
        if (live && (state === 'SUCCESS') !== (call === 'SUCCEEDED')) return [];
        if (live && state === 'FAILED' && call !== 'REFUSED') return [];
        if (live && state === 'RETRY_WAIT' && call !== 'VOIDED' && call !== 'REFUSED' && call !== 'UNKNOWN') return [];
        const code = call === 'SUCCEEDED' ? 'OK' : call === 'VOIDED' ? 'VOIDED' : call === 'REFUSED' ? 'EXPIRED' : null;
        return [
          {
            item: { state, attempt },
            call: { attempt: callAttempt, state: call, code, gatewayRef: call === 'SUCCEEDED' ? 'G1' : null },
            open,
          },
        ];
      }),
    ),
  ),
);
