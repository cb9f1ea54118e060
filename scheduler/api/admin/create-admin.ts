import type { FastifyInstance } from 'fastify';
import type { Hints } from '../../../shared/redis/hints.ts';
import { type AdminOptions, readAdminOptions } from '../../admin/admin-options.ts';
import { createAlarmSender } from '../../admin/alarm/http-alarm-sender.ts';
import { createMovements } from '../../admin/alarm/movements.ts';
import { sendAlarms } from '../../admin/alarm/send-alarms.ts';
import { liveCountsOf } from '../../admin/night/live-counts.ts';
import { offerSetup } from '../../admin/people/set-up.ts';
import type { BodyReport } from '../../clockwork.ts';
import type { GroupsApi } from '../../registry/groups-api.ts';
import type { Joins } from '../../registry/joins.ts';
import { openToken } from '../../registry/sealed-token.ts';
import type { SchedulerContext } from '../../scheduler-context.ts';
import { createLiveHub } from './live/live-hub.ts';
import { mountAdmin } from './mount-admin.ts';

export interface AdminNeeds {
  readonly groups: GroupsApi;
  readonly joins: Joins | null;
  readonly accessToken: string;
  readonly previousAccessToken: string | null;
  readonly arrivalRoots: readonly string[];
  readonly hints: Hints;
  url(): string;
}

export interface Admin {
  mount(app: FastifyInstance): void;
  /** Tells how to make the first administrator, when there is nobody yet. */
  announce(url: string): Promise<void>;
  /** One pass of the body that lets alarms leave. */
  sendAlarms(): Promise<BodyReport>;
}

/** How people get into a scheduler: the API of the admin, the page, and what leaves by mail and webhook. */
export function createAdmin(ctx: SchedulerContext, options: AdminOptions, needs: AdminNeeds): Admin {
  const settings = readAdminOptions(options);
  const { accessToken, previousAccessToken } = needs;
  const sender = createAlarmSender({
    networks: settings.alarmNetworks,
    plain: settings.plainWebhooks,
    nowMs: () => ctx.runtime.clock.wallMs(),
  });
  const open = (sealed: string): string | null =>
    openToken(sealed, accessToken) ?? (previousAccessToken === null ? null : openToken(sealed, previousAccessToken));
  const counts = liveCountsOf(ctx);
  const watch = { counts, movements: createMovements() };
  return {
    mount: (app) =>
      mountAdmin(app, {
        ctx,
        settings,
        version: ctx.codeVersion ?? '',
        groups: needs.groups,
        joins: needs.joins,
        installationToken: accessToken,
        openSecret: open,
        arrivalRoots: needs.arrivalRoots,
        hints: needs.hints,
        live: createLiveHub(ctx),
        counts,
        sender,
        url: needs.url,
      }),
    async announce(url) {
      const link = await offerSetup(ctx, url, settings);
      if (link === null) return;
      if (settings.onSetupLink !== null) settings.onSetupLink(link);
      // The link is a secret for as long as it is good, so it is said and not logged by a field that others collect.
      else ctx.logger.warn(`nobody can log in yet: make the first administrator at ${link.url}`);
    },
    sendAlarms: () =>
      sendAlarms(ctx, { sender, open, watch, publicUrl: () => settings.publicUrl ?? (needs.url() || null) }),
  };
}
