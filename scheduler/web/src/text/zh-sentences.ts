import type { Sentences } from '../pure/sentences.ts';
import { ALARM_SENTENCES } from './sentences/alarms.ts';
import { FIRING_SENTENCES } from './sentences/firing.ts';
import { JOINED_SENTENCES } from './sentences/joined.ts';
import { RUN_SENTENCES } from './sentences/runs.ts';

/** 服务器以英文写下的句子，及其中文；句式见 pure/sentences.ts。 */
export const ZH_SENTENCES: Sentences = {
  ...RUN_SENTENCES,
  ...FIRING_SENTENCES,
  ...ALARM_SENTENCES,
  ...JOINED_SENTENCES,
};
