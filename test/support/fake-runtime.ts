import { createFakeRuntime as create, type FakeRuntime as Runtime } from '../../shared/runtime/fake-runtime-adapter.ts';

/** The fake runtime that `daybreak/testing` publishes, at the place where our own tests look for it. */
export const createFakeRuntime: typeof create = create;
export type FakeRuntime = Runtime;
