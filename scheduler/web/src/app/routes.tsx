import type { ComponentType } from 'react';
import { createHashRouter, Navigate } from 'react-router';
import { call, isUnconnected } from '../api/client.ts';
import { whenConnected } from '../api/connection.ts';
import { AskProvider } from '../look/ask.tsx';
import { Bones } from '../look/parts.tsx';
import { Tonight } from '../pages/tonight/tonight.tsx';
import { Broken, BrokenPage } from './broken.tsx';
import { Frame } from './frame.tsx';

/** Hash addresses: the page works below any path, and the server needs to know none of them. */
const lazy = (load: () => Promise<ComponentType>) => async () => ({ Component: await arrive(load) });

/** A page that cannot be fetched because nobody answers is fetched when somebody does; until then the one before stays. */
async function arrive<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const answers = await call('GET /setup').then(
      () => true,
      (problem: unknown) => !isUnconnected(problem),
    );
    if (answers) throw error;
    await whenConnected();
    return load();
  }
}

export const router = createHashRouter([
  {
    path: '/',
    // Within the router: what a question shows may link to what it is about.
    element: (
      <AskProvider>
        <Frame />
      </AskProvider>
    ),
    errorElement: <Broken />,
    HydrateFallback: Bones,
    children: [
      {
        errorElement: <BrokenPage />,
        children: [
          { index: true, element: <Tonight /> },
          { path: 'setup/:token?', element: <Navigate to="/" replace /> },
          { path: 'runs', lazy: lazy(() => import('../pages/runs/runs.tsx').then((m) => m.Runs)) },
          { path: 'runs/:runId', lazy: lazy(() => import('../pages/runs/run.tsx').then((m) => m.RunPage)) },
          { path: 'logs/:logId', lazy: lazy(() => import('../pages/runs/log-page.tsx').then((m) => m.LogPage)) },
          { path: 'reports', lazy: lazy(() => import('../pages/runs/reports.tsx').then((m) => m.Reports)) },
          { path: 'jobs', lazy: lazy(() => import('../pages/jobs/jobs.tsx').then((m) => m.Jobs)) },
          { path: 'jobs/new', lazy: lazy(() => import('../pages/jobs/edit-job.tsx').then((m) => m.EditJob)) },
          { path: 'jobs/:jobId', lazy: lazy(() => import('../pages/jobs/job.tsx').then((m) => m.JobPage)) },
          { path: 'jobs/:jobId/edit', lazy: lazy(() => import('../pages/jobs/edit-job.tsx').then((m) => m.EditJob)) },
          {
            path: 'jobs/:jobId/script',
            lazy: lazy(() => import('../pages/scripts/script-page.tsx').then((m) => m.ScriptPage)),
          },
          {
            path: 'jobs/:jobId/script/edit',
            lazy: lazy(() => import('../pages/scripts/edit-script.tsx').then((m) => m.EditScript)),
          },
          { path: 'chains', lazy: lazy(() => import('../pages/chains/chains.tsx').then((m) => m.Chains)) },
          { path: 'chains/new', lazy: lazy(() => import('../pages/chains/edit-chain.tsx').then((m) => m.EditChain)) },
          { path: 'chains/:chain', lazy: lazy(() => import('../pages/chains/chain.tsx').then((m) => m.ChainPage)) },
          {
            path: 'chains/:chain/edit',
            lazy: lazy(() => import('../pages/chains/edit-chain.tsx').then((m) => m.EditChain)),
          },
          { path: 'calendars', lazy: lazy(() => import('../pages/calendars/calendars.tsx').then((m) => m.Calendars)) },
          { path: 'holds', lazy: lazy(() => import('../pages/holds/holds.tsx').then((m) => m.Holds)) },
          { path: 'items', lazy: lazy(() => import('../pages/items/items.tsx').then((m) => m.Items)) },
          { path: 'approvals', lazy: lazy(() => import('../pages/items/approvals.tsx').then((m) => m.Approvals)) },
          { path: 'executors', lazy: lazy(() => import('../pages/executors/executors.tsx').then((m) => m.Executors)) },
          {
            path: 'executors/:executorId',
            lazy: lazy(() => import('../pages/executors/executor.tsx').then((m) => m.ExecutorPage)),
          },
          { path: 'nights', lazy: lazy(() => import('../pages/nights/nights.tsx').then((m) => m.Nights)) },
          {
            path: 'nights/:group/:nightId',
            lazy: lazy(() => import('../pages/nights/night.tsx').then((m) => m.NightPage)),
          },
          { path: 'alarms', lazy: lazy(() => import('../pages/alarms/alarms.tsx').then((m) => m.Alarms)) },
          { path: 'users', lazy: lazy(() => import('../pages/people/people.tsx').then((m) => m.People)) },
          { path: 'audit', lazy: lazy(() => import('../pages/people/audit.tsx').then((m) => m.Audit)) },
          { path: 'me', lazy: lazy(() => import('../pages/people/me.tsx').then((m) => m.Me)) },
          { path: '*', lazy: lazy(() => import('../pages/nowhere.tsx').then((m) => m.Nowhere)) },
        ],
      },
    ],
  },
]);
