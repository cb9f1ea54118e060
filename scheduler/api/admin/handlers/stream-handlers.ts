import { DaybreakError } from '../../../../shared/errors.ts';
import type { SqlReader } from '../../../../shared/sql/sql.ts';
import { isStillKnown } from '../../../admin/people/sessions.ts';
import { groupsOf } from '../../../admin/rights/find-groups.ts';
import { mayDo, type Principal } from '../../../admin/rights/rights.ts';
import { headerCounts } from '../../../storage/sql/admin-header-queries.ts';
import { readTopic } from '../../../storage/sql/admin-live-queries.ts';
import { countOpenAlarms, listAlarms } from '../../../storage/sql/alarm-queries.ts';
import { STREAM_TOPICS_MAX, type StreamEvent, type streamRoutes } from '../contract/stream-routes.ts';
import type { AdminParts, Call, Handlers } from '../handler.ts';
import { maySee } from './alarm-handlers.ts';

const HEARTBEAT_MS = 15_000;
/** What a watcher that does not read may leave unread before it is cut off; it comes back and catches up. */
const UNREAD_BYTES_MAX = 262_144;

export function createStreamHandlers(parts: AdminParts): Handlers<typeof streamRoutes> {
  const { ctx, live } = parts;
  return {
    'GET /status': async ({ visible, principal }) =>
      ctx.store.read('view-header', async (db) => ({
        version: parts.version,
        nowMs: db.nowMs,
        store: ctx.store.dialect,
        ...(await headerCounts(db, visible.kind === 'all' ? null : [...visible.names])),
        alarmsOpen: visible.kind === 'all' ? await countOpenAlarms(db) : await seenAlarms(db, principal),
      })),
    'GET /stream': async (call) => {
      const topics = await readTopics(parts, call);
      const { reply, request, principal } = call;
      const raw = reply.raw;
      const stopping = new AbortController();
      const send = (text: string): void => {
        if (raw.writableLength > UNREAD_BYTES_MAX) raw.destroy();
        else raw.write(text);
      };
      // A browser that comes back by itself says the newest in the header; its address is of when it first came.
      const lastEventId = request.headers['last-event-id'] ?? call.query.lastEventId;
      const watcher = {
        who: `${principal.kind} ${principal.id}`,
        topics,
        send: (event: StreamEvent, id: string) => send(`id: ${id}\nevent: change\ndata: ${JSON.stringify(event)}\n\n`),
        end: () => raw.end(),
      };
      // The head goes first: what a watcher missed is sent as it joins.
      const head = reply.getHeaders();
      const join = () => live.join(watcher, typeof lastEventId === 'string' ? lastEventId : null);
      if (!live.hasRoom(watcher.who)) throw new DaybreakError('RATE_LIMITED', 'too many streams are open: close a tab');
      reply.hijack();
      raw.writeHead(200, {
        ...(head as Record<string, string>),
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
        connection: 'keep-alive',
      });
      send(': hello\nretry: 3000\n\n');
      const leave = join();
      raw.on('close', () => {
        stopping.abort();
        leave();
      });
      void beat(
        parts,
        call,
        () => send(': beat\n\n'),
        () => raw.end(),
        stopping.signal,
      );
      return reply;
    },
  };
}

// Of others than one's own groups nothing is counted. Whoever has more open alarms than these has other worries.
const ALARMS_LOOKED_AT = 500;

async function seenAlarms(db: SqlReader, principal: Principal): Promise<number> {
  const open = await listAlarms(db, { limit: ALARMS_LOOKED_AT, openOnly: true, beforeId: Number.MAX_SAFE_INTEGER });
  let seen = 0;
  for (const alarm of open) if (await maySee(db, principal, alarm)) seen += 1;
  return seen;
}

/** Keeps proxies from closing an idle stream, and ends one whose session or key is good no more. */
async function beat(
  { ctx, settings }: AdminParts,
  { caller }: Call<'GET /stream'>,
  send: () => void,
  end: () => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await ctx.runtime.sleep(HEARTBEAT_MS, signal);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    if (caller === null || !(await ctx.store.read('look-at-caller', (db) => isStillKnown(db, caller, settings)))) {
      return end();
    }
    send();
  }
}

/** Each topic is known, and of something that the caller may see. */
async function readTopics({ ctx }: AdminParts, { query, principal }: Call<'GET /stream'>): Promise<string[]> {
  const topics = [...new Set(query.topics.split(',').map((topic) => topic.trim()))];
  if (topics.length > STREAM_TOPICS_MAX) {
    throw new DaybreakError('BAD_INPUT', `at most ${STREAM_TOPICS_MAX} topics`, { details: { path: 'topics' } });
  }
  await ctx.store.read('judge-topics', async (db) => {
    for (const topic of topics) {
      const which = readTopic(topic);
      if (which === null) {
        throw new DaybreakError('BAD_INPUT', `there is no topic "${topic}"`, { details: { path: 'topics' } });
      }
      if (which.id === null) continue;
      const touched = await groupsOf(db, { kind: which.kind.replace('-', '_'), id: which.id });
      if (touched === null || !mayDo(principal, 'view', touched)) {
        throw new DaybreakError('NOT_FOUND', `there is no ${topic}`);
      }
    }
  });
  return topics;
}
