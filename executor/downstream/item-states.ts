/** The states of an item and of a call, and which changes there are. The picture is docs/money.md; a test compares. */
export const ITEM_STATES = ['PENDING', 'PROCESSING', 'SUCCESS', 'FAILED', 'BLOCKED', 'RETRY_WAIT', 'MANUAL'] as const;
export type ItemState = (typeof ITEM_STATES)[number];

export const ITEM_EDGES: Readonly<Record<ItemState, readonly ItemState[]>> = {
  PENDING: ['PROCESSING', 'BLOCKED'],
  PROCESSING: ['SUCCESS', 'FAILED', 'RETRY_WAIT', 'MANUAL'],
  RETRY_WAIT: ['PROCESSING', 'MANUAL'],
  MANUAL: ['SUCCESS', 'FAILED', 'RETRY_WAIT'],
  SUCCESS: [],
  FAILED: [],
  BLOCKED: [],
};

export const CALL_STATES = ['STORED', 'SENT', 'UNKNOWN', 'SUCCEEDED', 'REFUSED', 'VOIDED'] as const;
export type CallState = (typeof CALL_STATES)[number];

/** SENT > STORED: it is known that nothing was executed (connect refused, 429), so it may be put on the wire anew. */
export const CALL_EDGES: Readonly<Record<CallState, readonly CallState[]>> = {
  STORED: ['SENT', 'UNKNOWN', 'SUCCEEDED', 'REFUSED', 'VOIDED'],
  SENT: ['STORED', 'UNKNOWN', 'SUCCEEDED', 'REFUSED', 'VOIDED'],
  UNKNOWN: ['SENT', 'STORED', 'SUCCEEDED', 'REFUSED', 'VOIDED'],
  SUCCEEDED: [],
  REFUSED: [],
  VOIDED: [],
};

export const isFinal = (state: ItemState): boolean => ITEM_EDGES[state].length === 0;
/** Nothing more happens to it by itself: final, or waiting for two people. */
export const isSettled = (state: ItemState): boolean => isFinal(state) || state === 'MANUAL';
