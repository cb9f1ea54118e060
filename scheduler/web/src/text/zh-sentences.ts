import type { Sentences } from '../pure/sentences.ts';
import { ALARM_SENTENCES } from './sentences/alarms.ts';
import { CRON_SENTENCES } from './sentences/cron.ts';
import { DEFINITION_SENTENCES } from './sentences/definitions.ts';
import { EXECUTOR_SENTENCES } from './sentences/executors.ts';
import { FIRING_SENTENCES } from './sentences/firing.ts';
import { JOINED_SENTENCES } from './sentences/joined.ts';
import { REQUEST_SENTENCES, SHAPE_SENTENCES } from './sentences/requests.ts';
import { RUN_SENTENCES } from './sentences/runs.ts';

/** 服务器以英文写下的句子，及其中文；句式见 pure/sentences.ts。 */
export const ZH_PARTS: readonly Sentences[] = [
  RUN_SENTENCES,
  FIRING_SENTENCES,
  ALARM_SENTENCES,
  REQUEST_SENTENCES,
  SHAPE_SENTENCES,
  DEFINITION_SENTENCES,
  CRON_SENTENCES,
  EXECUTOR_SENTENCES,
  JOINED_SENTENCES,
];
export const ZH_SENTENCES: Sentences = Object.assign({}, ...ZH_PARTS);
