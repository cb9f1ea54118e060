import { Readable } from 'node:stream';
import { type LogRange, readAttemptLog } from '../../../run/attempt-log.ts';
import type { Query } from '../contract/routes.ts';
import type { runRoutes } from '../contract/run-routes.ts';
import type { AdminParts, Handlers } from '../handler.ts';
import { logLines, searchLog, streamLog } from './log-text.ts';

type LogRoutes = Pick<typeof runRoutes, 'GET /logs/:logId' | 'GET /logs/:logId/search' | 'GET /logs/:logId/download'>;

/** Who reads slowly has so many parts of at most 1 MiB lie here, and the executor is not asked for more. */
const DOWNLOAD_PARTS_AHEAD = 4;

export function createLogHandlers({ ctx }: AdminParts): Handlers<LogRoutes> {
  return {
    'GET /logs/:logId': async ({ params, query }) => {
      const page = await readAttemptLog(ctx, params.logId, rangeOf(query));
      return { ...page, lines: logLines(page) };
    },
    'GET /logs/:logId/search': async ({ params, query }) => searchLog(ctx, params.logId, query),
    'GET /logs/:logId/download': async ({ params, reply }) => {
      // The first page is read before anything is sent: what is missing is told as an error, not as an empty file.
      const text = await streamLog(ctx, params.logId);
      return reply
        .type('text/plain; charset=utf-8')
        .header('content-disposition', `attachment; filename="log-${params.logId}.txt"`)
        .send(Readable.from(text, { highWaterMark: DOWNLOAD_PARTS_AHEAD }));
    },
  };
}

function rangeOf({ fromLine, lastLines, beforeLine, linesMax }: Query<'GET /logs/:logId'>): LogRange {
  if (beforeLine !== undefined) return { beforeLine, lastLines: lastLines ?? 200 };
  if (fromLine !== undefined) return { fromLine, ...(linesMax === undefined ? {} : { linesMax }) };
  return { lastLines: lastLines ?? 200 };
}
