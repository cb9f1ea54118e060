/** The runs that this process has shards of just now. It does not volunteer for them: its shards steal by themselves. */
export class WorkingRuns {
  readonly #counts = new Map<number, number>();

  has(runId: number): boolean {
    return this.#counts.has(runId);
  }

  async during<T>(runId: number, work: () => Promise<T>): Promise<T> {
    this.#counts.set(runId, (this.#counts.get(runId) ?? 0) + 1);
    try {
      return await work();
    } finally {
      const left = (this.#counts.get(runId) ?? 1) - 1;
      if (left > 0) this.#counts.set(runId, left);
      else this.#counts.delete(runId);
    }
  }
}
