import type { Runtime } from '../../../shared/runtime/runtime.ts';

/** Whether the whole time passed: false when it was over before. */
export async function passed(ms: number, over: AbortSignal, runtime: Pick<Runtime, 'sleep'>): Promise<boolean> {
  return await runtime.sleep(ms, over).then(
    () => true,
    () => false,
  );
}
