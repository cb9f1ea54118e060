import { describe, expect, onTestFinished, test } from 'vitest';
import { defineHandler, type HandlerContext } from '../../executor/index.ts';
import type { DispatchAnswer } from '../../scheduler/dispatch/executor-client.ts';
import type { RunRequest } from '../../shared/protocol/wire.ts';
import { gate, runRequest } from '../support/given-executor.ts';
import { givenLine, givenWire, type LineKind, pause, until } from '../support/given-line.ts';

/** What holds for executors however messages reach them. */
export function executorLinesSuite(kind: LineKind): void {
  async function given(
    options: { timeoutMs?: number; gapMs?: number; pollMs?: number; schedulerTimeoutMs?: number } = {},
  ) {
    const wire = await givenWire(options);
    const began: number[] = [];
    const waiting = gate();
    onTestFinished(() => waiting.open());
    const held = async (ctx: HandlerContext) => {
      began.push(ctx.logId);
      ctx.log.info('I wait');
      const stopped = new Promise<never>((_, reject) => {
        ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason));
      });
      await Promise.race([waiting.passed, stopped]);
      ctx.log.info('I go');
    };
    const quick = async (ctx: HandlerContext) => void began.push(ctx.logId);
    const handlers = [defineHandler('work', quick), defineHandler('wait', held)];
    const line = await givenLine(kind, wire, { handlers, ...options });
    return {
      wire,
      ...line,
      began,
      open: waiting.open,
      run: (request: RunRequest) => wire.client.run(line.address, request),
    };
  }
  /** Of a job of its own, so that none waits for another. */
  const request = (differing: Partial<RunRequest> = {}) => {
    const one = runRequest(differing);
    return { ...one, jobId: one.logId % 1_000_000 };
  };
  const timesOf = (began: readonly number[], { logId }: RunRequest) => began.filter((one) => one === logId).length;

  describe(`an executor that is ${kind}`, () => {
    test('is asked for runs, and its log is read while it runs and after', async () => {
      const it = await given();
      const one = request({ executorHandler: 'wait' });
      expect(await it.run(one)).toEqual({ kind: 'accepted' });
      await until(() => it.began.includes(one.logId));
      const which = { logId: one.logId, logDateTime: one.logDateTime, fromLineNum: 1 };
      const page = async () => (await it.wire.client.log(it.address, which))?.logContent ?? '';
      await until(async () => (await page()).includes('I wait'));
      expect(await page()).not.toContain('I go');
      it.open();
      await until(async () => (await page()).includes('ended with code 200'));
    });

    test('is asked for many in one message, each judged as if it had come alone', async () => {
      const it = await given();
      const known = request();
      await it.run(known);
      await until(() => it.began.includes(known.logId));
      const many = Array.from({ length: 450 }, () => request());
      const strange = request({ executorHandler: 'nobody' });
      const answers = await it.wire.client.runAll(it.address, [many[0] as RunRequest, strange, known, ...many]);
      expect(answers[0]).toEqual({ kind: 'accepted' });
      expect(answers[1]).toEqual({ kind: 'refused', why: 'job handler [nobody] not found.' });
      expect(answers.slice(2)).toEqual(new Array<DispatchAnswer>(451).fill({ kind: 'accepted' }));
      await until(() => it.began.length === 451);
      expect(new Set(it.began).size).toBe(451);
    });

    test('runs the same attempt once, however often it is asked for', async () => {
      const it = await given();
      const one = request({ executorHandler: 'wait' });
      const answers = await Promise.all(Array.from({ length: 10 }, () => it.run(one)));
      expect(answers).toEqual(new Array<DispatchAnswer>(10).fill({ kind: 'accepted' }));
      await until(() => it.began.includes(one.logId));
      it.open();
      await until(async () => (await it.wire.client.idleBeat(it.address, one.jobId)) === 'idle');
      expect(await it.run(one)).toEqual({ kind: 'accepted' });
      expect(timesOf(it.began, one)).toBe(1);
    });

    test('hears a kill, and says when there is nothing to stop', async () => {
      const it = await given();
      const one = request({ executorHandler: 'wait' });
      await it.run(one);
      await until(() => it.began.includes(one.logId));
      const { jobId, logId } = one;
      expect(await it.wire.client.idleBeat(it.address, jobId)).toBe('busy');
      expect(await it.wire.client.kill({ address: it.address, jobId, logId })).toBe('told');
      await until(async () => (await it.wire.client.idleBeat(it.address, jobId)) === 'idle');
      expect(await it.wire.client.kill({ address: it.address, jobId, logId })).toBe('not_there');
    });

    test('is believed as the very process that registered, and as no other', async () => {
      const it = await given();
      const who = (differing: object) => ({ group: 'orders', incarnation: null, signs: true, ...differing });
      expect(await it.wire.client.beat(it.address, 10_000, who({}))).toBe(true);
      expect(await it.wire.client.beat(it.address, 10_000, who({ incarnation: 'another' }))).toBe(false);
    });

    test('whose answer is lost may have the run; asked again it runs it once', async () => {
      const it = await given({ timeoutMs: 1_000 });
      const one = request();
      it.proxy.cutAnswerTo(kind === 'held' ? '"answers":[{' : `"logid":${one.logId}`);
      const first = await it.run(one);
      expect(['accepted', 'unclear']).toContain(first.kind);
      await until(async () => (await it.run(one)).kind === 'accepted');
      await until(() => it.began.includes(one.logId));
      expect(timesOf(it.began, one)).toBe(1);
    });

    test('that was never reached runs once when it is asked again', async () => {
      const it = await given({ timeoutMs: 1_000 });
      const one = request();
      it.proxy.cutBefore(kind === 'held' ? '"answers":[{' : `"logid":${one.logId}`);
      await it.run(one);
      await until(async () => (await it.run(one)).kind === 'accepted');
      await until(() => it.began.includes(one.logId));
      expect(timesOf(it.began, one)).toBe(1);
    });

    test('runs each attempt once, with a line that is cut again and again', async () => {
      const it = await given({ timeoutMs: 500 });
      const all = Array.from({ length: 40 }, () => request());
      const ask = async (one: RunRequest) => {
        while ((await it.run(one)).kind !== 'accepted') await pause(20);
      };
      const lanes = Array.from({ length: 4 }, async (_, lane) => {
        for (const [at, one] of all.entries()) if (at % 4 === lane) await ask(one);
      });
      for (let cut = 0; cut < 25; cut++) {
        await pause(3 + ((cut * 7) % 31));
        it.proxy.cutAll();
      }
      await Promise.all(lanes);
      await until(() => all.every(({ logId }) => it.began.includes(logId)));
      expect(it.began).toHaveLength(all.length);
    });

    test('on a line that is open on one side only may have the run, and is reached again', async () => {
      const it = await given({ timeoutMs: 500, pollMs: 1_000, schedulerTimeoutMs: 500 });
      const one = request();
      // The connection that is kept for the next question is one that leads nowhere.
      it.proxy.muteAll();
      await it.run(one);
      await until(async () => (await it.run(one)).kind === 'accepted');
      await until(() => it.began.includes(one.logId));
      expect(timesOf(it.began, one)).toBe(1);
    });

    test('that drains takes no new runs, and is reached until the end', async () => {
      const it = await given();
      const one = request({ executorHandler: 'wait' });
      await it.run(one);
      await until(() => it.began.includes(one.logId));
      const drained = it.executor.drain({ deadlineMs: 60_000 });
      const answer = await it.run(request());
      expect(answer).toMatchObject({ kind: 'refused', why: expect.stringContaining('is stopping') });
      expect(await it.wire.client.kill({ address: it.address, jobId: one.jobId, logId: one.logId })).toBe('told');
      await drained;
    });

    test('that has stopped has certainly not got what is asked of it', async () => {
      const it = await given({ gapMs: 200, timeoutMs: 1_000 });
      await it.executor.stop();
      await it.proxy.close();
      await until(async () => (await it.run(request())).kind === 'unreachable');
      expect((await it.wire.client.runAll(it.address, [request(), request()])).map(({ kind }) => kind)).toEqual([
        'unreachable',
        'unreachable',
      ]);
      expect(await it.wire.client.kill({ address: it.address, jobId: 1, logId: 1 })).toBe('unclear');
    });

    test('is reached by the next process of the scheduler', async () => {
      const it = await given({ timeoutMs: 1_000 });
      await it.run(request());
      await it.wire.restart();
      const one = request();
      await until(async () => (await it.run(one)).kind === 'accepted');
      await until(() => it.began.includes(one.logId));
      expect(timesOf(it.began, one)).toBe(1);
    });
  });
}
