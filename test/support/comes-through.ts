/** Longer than a busy machine needs, and shorter than the server's wait for a lock, after which all is tried once more. */
const SOON_MS = 8_000;

/**
 * What `pass` resolves with; throws when it waits for somebody else instead. For a pass beside one that the test holds: a
 * pass that waited would end only after it, and the test would end when its time is over, with nothing said.
 */
export async function comesThrough<T>(what: string, pass: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} waits for the one that is held`)), SOON_MS);
  });
  // Whoever has heard that it waits hears no more of it.
  pass.catch(() => undefined);
  return Promise.race([pass, late]).finally(() => clearTimeout(timer));
}
