import { endRunsOfEndedChains } from '../../../scheduler/chain/end-runs-of-ended-chains.ts';
import { evaluateEdges } from '../../../scheduler/chain/evaluate-edges.ts';
import { countRuns } from '../../../scheduler/count/count-runs.ts';
import { dispatchReadyShards } from '../../../scheduler/dispatch/dispatch-ready-shards.ts';
import { sendKills } from '../../../scheduler/dispatch/send-kills.ts';
import { retireSilentExecutors } from '../../../scheduler/registry/retire-silent-executors.ts';
import { askForeignPeers } from '../../../scheduler/run/ask-foreign-peers.ts';
import { expireAttempts } from '../../../scheduler/run/expire-attempts.ts';
import { rescueLostAttempts } from '../../../scheduler/run/rescue-lost-attempts.ts';
import { warnOfSlowAttempts } from '../../../scheduler/run/warn-of-slow-attempts.ts';
import { pick } from './draw-work.ts';
import { beat, drain, leave, restart } from './executors.ts';
import { answerAll, fireAll } from './in-two-ways.ts';
import { forEachTwin, type Pair } from './pair.ts';
import { backfill, cancelNight, edit, hold, killRuns, limit, repeat, resume, startNight, trigger } from './people.ts';
import { report, tell } from './results.ts';
import type { Twin } from './twin.ts';

export interface Step {
  readonly name: string;
  /** How often it comes between two steps of a round. */
  readonly weight: number;
  act(pair: Pair): Promise<void>;
}

const timePasses: Step = {
  name: 'time passes',
  weight: 3,
  act: (pair) => letPass(pair, pick(pair.random, [1_000, 5_000, 15_000, 21_000, 30_000, 61_000])),
};
const executorsBeat: Step = { name: 'executors beat', weight: 1, act: beat };
const dueFires: Step = { name: 'what is due fires', weight: 1, act: fireAll };
const bodiesLook: Step = { name: 'the bodies look', weight: 3, act: look };
const answersCome: Step = { name: 'requests are answered', weight: 3, act: answerAll };
const resultsCome: Step = { name: 'results come in', weight: 3, act: report };

export const ROUND: readonly Step[] = [timePasses, executorsBeat, bodiesLook, dueFires, answersCome, resultsCome];

export const STEPS: readonly Step[] = [
  timePasses,
  executorsBeat,
  dueFires,
  answersCome,
  resultsCome,
  { name: 'hours pass', weight: 1, act: (pair) => letPass(pair, pick(pair.random, [300_000, 3_600_000])) },
  { name: 'what was sent is lost', weight: 1, act: lose },
  { name: 'shards are handed out', weight: 3, act: (pair) => forEachTwin(pair, handOut) },
  bodiesLook,
  { name: 'an executor is started anew', weight: 4, act: restart },
  { name: 'an executor leaves', weight: 1, act: leave },
  { name: 'an executor is drained', weight: 1, act: drain },
  { name: 'a job is started by hand', weight: 3, act: trigger },
  { name: 'the chain is started', weight: 1, act: startNight },
  { name: 'the chain run is cancelled', weight: 1, act: cancelNight },
  { name: 'a run is killed', weight: 3, act: killRuns },
  { name: 'a run is repeated', weight: 2, act: repeat },
  { name: 'slices are told', weight: 2, act: tell },
  { name: 'jobs are edited', weight: 2, act: edit },
  { name: 'a group gets a limit', weight: 1, act: limit },
  { name: 'a hold comes', weight: 1, act: hold },
  { name: 'holds go', weight: 3, act: resume },
  { name: 'a backfill is asked for', weight: 1, act: backfill },
];

export async function letPass(pair: Pair, ms: number): Promise<void> {
  await forEachTwin(pair, ({ runtime }) => runtime.advance(ms));
}

async function lose(pair: Pair): Promise<void> {
  await forEachTwin(pair, async (twin) => {
    twin.sent = [];
  });
}

async function handOut(twin: Twin): Promise<void> {
  await dispatchReadyShards(
    twin.ctx,
    { send: (one) => void twin.sent.push(one), idle: async () => undefined },
    twin.patience,
  );
}

async function look(pair: Pair): Promise<void> {
  await forEachTwin(pair, async ({ ctx, peerNotes }) => {
    await retireSilentExecutors(ctx);
    await rescueLostAttempts(ctx);
    await expireAttempts(ctx);
    await warnOfSlowAttempts(ctx);
    await sendKills(ctx);
    await askForeignPeers(ctx, peerNotes);
    await evaluateEdges(ctx);
    await endRunsOfEndedChains(ctx);
  });
}

/** What is counted of runs that have ended, at the end of all. */
export const count = (pair: Pair): Promise<void> =>
  forEachTwin(pair, ({ ctx }) => countRuns(ctx, new AbortController().signal));
