import { monitorEventLoopDelay } from 'node:perf_hooks';

/** What a process has been like since it was last asked. */
export interface ProcessFigures {
  /** The most that was resident, and what was at the moment it was asked, MB. */
  readonly peakRssMb: number;
  readonly rssMb: number;
  /** The longest that its event loop did not come round, ms. */
  readonly lagMaxMs: number;
}

const SAMPLE_MS = 50;
const rssMb = (): number => process.memoryUsage.rss() / 1_048_576;

/** Answers each message of the parent process with the figures since the one before. */
export function tellFigures(): void {
  const lag = monitorEventLoopDelay({ resolution: 10 });
  lag.enable();
  let peak = rssMb();
  setInterval(() => {
    peak = Math.max(peak, rssMb());
  }, SAMPLE_MS).unref();
  process.on('message', () => {
    const now = rssMb();
    const figures: ProcessFigures = { peakRssMb: Math.max(peak, now), rssMb: now, lagMaxMs: lag.max / 1e6 };
    lag.reset();
    peak = now;
    process.send?.(figures);
  });
}
