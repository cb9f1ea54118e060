/** The public API for tests of programs that use an executor: `daybreak/testing`. */
import '../shared/needs-node.ts';

export { createFakeRuntime, type FakeRuntime } from '../shared/runtime/fake-runtime-adapter.ts';
export { type HandlerOnce, type RunHandlerOnceOptions, runHandlerOnce } from './handler/run-handler-once.ts';
