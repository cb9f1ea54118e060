import { Type } from 'typebox';
import { expect, expectTypeOf, test } from 'vitest';
import { defineHandler } from '../../../../executor/handler/define-handler.ts';
import type { HandlerContext } from '../../../../executor/handler/handler-context.ts';

const ctx = { params: { region: 'north' } } as HandlerContext;

test('by name and function: what it returns is the result, nothing is undefined', async () => {
  expect(await defineHandler('a', async () => 5).run(ctx)).toBe(5);
  expect(await defineHandler('a', async () => undefined).run(ctx)).toBeUndefined();
});

test('with a schema the parameter has its type, and the handler tells its schema as JSON', async () => {
  const handler = defineHandler({
    name: 'close',
    params: Type.Object({ region: Type.String(), limit: Type.Optional(Type.Integer()) }),
    async run({ params }) {
      expectTypeOf(params).toEqualTypeOf<{ region: string; limit?: number }>();
      return params.region;
    },
  });
  expect(await handler.run(ctx)).toBe('north');
  expect(handler.describe()).toEqual({
    name: 'close',
    isolation: 'inline',
    params: {
      type: 'object',
      required: ['region'],
      properties: { region: { type: 'string' }, limit: { type: 'integer' } },
    },
  });
});

test('without a schema nothing is known of the parameter', () => {
  const handler = defineHandler({
    name: 'a',
    async run({ params }) {
      expectTypeOf(params).toEqualTypeOf<unknown>();
    },
  });
  expect(handler.describe().params).toBeNull();
});

test('run, init and destroy keep their this', async () => {
  const handler = defineHandler({
    name: 'counter',
    opened: 0,
    init() {
      this.opened += 1;
    },
    async run() {
      return (this as unknown as { opened: number }).opened;
    },
  } as { name: string; opened: number; init(): void; run(): Promise<number> });
  await handler.init?.();
  expect(await handler.run(ctx)).toBe(1);
});

test('a handler in a thread or process names its module', () => {
  const module = new URL('./heavy.ts', import.meta.url);
  expect(defineHandler({ name: 'heavy', isolation: 'thread', module })).toMatchObject({
    isolation: 'thread',
    module: module.href,
    exportName: 'default',
  });
  expect(() => defineHandler({ name: 'heavy', isolation: 'process', module: './heavy.ts' })).toThrow(
    'handler "heavy": module "./heavy.ts" must be a file: URL',
  );
});

test('a definition without its work is refused', () => {
  expect(() => defineHandler({ name: 'idle' } as never)).toThrow('handler "idle": give it a function run');
});
