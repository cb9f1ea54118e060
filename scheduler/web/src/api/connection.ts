/** Whether the scheduler answers, as the last call found it. What is shown while it does not is as old as its last answer. */
let lastHeardMs = Date.now();
let isLost = false;
const tells = new Set<() => void>();

export const isConnectionLost = (): boolean => isLost;
/** By this browser's clock: of its last answer while it is lost, and else of this moment. */
export const shownAsOfMs = (): number => (isLost ? lastHeardMs : Date.now());

export function onConnectionChange(tell: () => void): () => void {
  tells.add(tell);
  return () => tells.delete(tell);
}

export async function whenConnected(): Promise<void> {
  while (isLost) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = onConnectionChange(resolve);
    await promise;
    end();
  }
}

export function heardAnswer(): void {
  lastHeardMs = Date.now();
  turn(false);
}
export const heardNothing = (): void => turn(true);

function turn(next: boolean): void {
  if (isLost === next) return;
  isLost = next;
  for (const tell of [...tells]) tell();
}
