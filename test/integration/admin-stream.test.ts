import { expect, onTestFinished, test } from 'vitest';
import { givenScheduler, job } from '../support/given-scheduler.ts';

const PASSWORD = 'correct horse battery';

async function givenWatched() {
  let link = '';
  const given = await givenScheduler({
    jobs: [job(1, 'debit'), job(2, 'other', { group: 'other' })],
    admin: { onSetupLink: ({ url }) => (link = url) },
  });
  const at = `${given.scheduler.url}api/v1`;
  const body = JSON.stringify({ token: link.split('#')[1], name: 'root', password: PASSWORD });
  const setup = await fetch(`${at}/setup`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const cookie = setup.headers.get('set-cookie')?.split(';')[0] ?? '';
  const { csrfToken } = (await setup.json()) as { csrfToken: string };
  return { ...given, scheduler: given.scheduler, at, headers: { cookie, 'x-csrf-token': csrfToken } };
}

interface Event {
  readonly id: string;
  readonly data: { readonly topic: string; readonly kind: string };
}

/** Reads a stream until it has said so many events. */
async function listen(url: string, headers: Record<string, string>) {
  const stopping = new AbortController();
  onTestFinished(() => stopping.abort());
  const response = await fetch(url, { headers, signal: stopping.signal });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const events: Event[] = [];
  const reading = (async () => {
    let text = '';
    for await (const part of response.body ?? []) {
      text += Buffer.from(part).toString('utf8');
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const block = text.slice(0, end);
        text = text.slice(end + 2);
        const [, id] = /^id: (.*)$/m.exec(block) ?? [];
        const [, data] = /^data: (.*)$/m.exec(block) ?? [];
        if (id !== undefined && data !== undefined) events.push({ id, data: JSON.parse(data) });
      }
    }
  })().catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error;
  });
  return { events, stop: () => stopping.abort(), reading };
}

const start = (given: Awaited<ReturnType<typeof givenWatched>>, requestId: string) =>
  given.scheduler.triggerJob({ job: 'debit', businessDate: '2026-11-20', requestId });

test('what changes is told to those who watch it, and what was missed when they come back', async () => {
  const given = await givenWatched();
  const first = await listen(`${given.at}/stream?topics=runs,alarms`, given.headers);
  const heard = (topic: string) => first.events.filter(({ data }) => data.topic === topic).length;
  // The first look makes the picture that later ones are compared with. A page has read before it, and reads again: what
  // changed in between is in no picture.
  await expect.poll(() => [heard('runs'), heard('alarms')]).toEqual([1, 1]);
  await start(given, 'first');
  await expect.poll(() => heard('runs')).toBeGreaterThan(1);
  expect(heard('alarms')).toBe(1);
  const other = await listen(`${given.at}/stream?topics=jobs,runs`, given.headers);
  const seen = first.events.length;
  await start(given, 'later');
  await expect.poll(() => first.events.length).toBeGreaterThan(seen);
  const back = { ...given.headers, 'last-event-id': first.events[0]?.id ?? '' };
  const second = await listen(`${given.at}/stream?topics=runs`, back);
  await expect.poll(() => second.events.length).toBeGreaterThan(0);
  expect(second.events[0]?.data).toMatchObject({ topic: 'runs', kind: 'changed' });
  // Its address is still the one that it first came with.
  const own = await listen(`${given.at}/stream?topics=runs&lastEventId=another-1`, back);
  await expect.poll(() => own.events.length).toBeGreaterThan(0);
  expect(own.events[0]?.data).toMatchObject({ topic: 'runs', kind: 'changed' });
  // Nothing of these is told anew: somebody watched them, and they have not changed.
  const alarms = await listen(`${given.at}/stream?topics=alarms,jobs`, given.headers);
  const lost = await listen(`${given.at}/stream?topics=runs`, { ...given.headers, 'last-event-id': 'another-1' });
  await expect.poll(() => lost.events.map(({ data }) => data.kind)).toContain('reset');
  expect(alarms.events).toEqual([]);
  other.stop();
});

test('a topic that is none, or of something that may not be seen, is refused; streams are counted', async () => {
  const given = await givenWatched();
  const ask = async (topics: string) =>
    (await fetch(`${given.at}/stream?topics=${topics}`, { headers: given.headers })).status;
  expect(await ask('nonsense')).toBe(400);
  expect(await ask('run:999')).toBe(404);
  expect((await fetch(`${given.at}/stream?topics=runs`)).status).toBe(401);
  for (let n = 0; n < 20; n++) await listen(`${given.at}/stream?topics=runs`, given.headers);
  expect(await ask('runs')).toBe(429);
});

test('a scheduler that stops ends its streams and does not wait for them', async () => {
  const given = await givenWatched();
  const stream = await listen(`${given.at}/stream?topics=runs`, given.headers);
  await expect.poll(() => stream.events.length).toBe(1);
  await given.scheduler.stop({ drainMs: 0 });
  await stream.reading;
  expect(stream.events).toHaveLength(1);
});
