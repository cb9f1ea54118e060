import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { Counter as PromCounter, Gauge as PromGauge, Histogram as PromHistogram, Registry } from 'prom-client';

/** Metrics behind one module: exchanging the package is a change of this file. Names start with `daybreak_`. */

/** Label values; the label names are fixed where the metric is made. Never an id of a run, an item or a call. */
export type Labels<Name extends string> = Readonly<Record<Name, string>>;

/** What an object with labels `{}` takes is nothing: the labels argument can then be left out. */
type LabelArgs<Name extends string> = [Name] extends [never] ? [] : [labels: Labels<Name>];

export interface Counter<Name extends string> {
  add(by: number, ...labels: LabelArgs<Name>): void;
}
export interface Gauge<Name extends string> {
  set(value: number, ...labels: LabelArgs<Name>): void;
}
export interface Histogram<Name extends string> {
  observe(value: number, ...labels: LabelArgs<Name>): void;
}

export interface MetricSpec<Name extends string> {
  /** Without the prefix and with its unit: `calls_total`, `chunk_seconds`. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly Name[];
}

export interface ObservedSpec<Name extends string> extends MetricSpec<Name> {
  readonly kind: 'gauge' | 'counter';
}
export interface Observation<Name extends string> {
  readonly labels: Labels<Name>;
  readonly value: number;
}

export interface Metrics {
  counter<Name extends string = never>(spec: MetricSpec<Name>): Counter<Name>;
  gauge<Name extends string = never>(spec: MetricSpec<Name>): Gauge<Name>;
  /** Buckets are upper bounds; default 1 ms to 60 s in seconds. */
  histogram<Name extends string = never>(
    spec: MetricSpec<Name> & { readonly buckets?: readonly number[] },
  ): Histogram<Name>;
  /** A gauge that is asked when somebody scrapes. */
  observedGauge(spec: MetricSpec<never>, read: () => number): void;
  /** Values that are asked for when somebody scrapes, one per set of labels. A counter's may only grow. */
  observed<Name extends string>(spec: ObservedSpec<Name>, read: () => readonly Observation<Name>[]): void;
  /** The exposition text, and the content type that goes with it. */
  scrape(): Promise<{ readonly contentType: string; readonly body: string }>;
  /** Stops the event loop's monitor. */
  close(): void;
}

const PREFIX = 'daybreak_';
const RESOLUTION_MS = 10;
const SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/**
 * Makes a registry of its own: several schedulers and executors of one process never share one. The same name twice
 * is an error.
 * @example
 * const metrics = createMetrics();
 * const calls = metrics.counter({ name: 'calls_total', help: 'Calls by outcome.', labels: ['outcome'] });
 * calls.add(1, { outcome: 'SUCCESS' });
 */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const common = (spec: MetricSpec<string>) => ({
    name: PREFIX + spec.name,
    help: spec.help,
    labelNames: [...(spec.labels ?? [])],
    registers,
  });

  const metrics: Metrics = {
    counter(spec) {
      const counter = new PromCounter(common(spec));
      return { add: (by, ...labels) => counter.labels(labels[0] ?? {}).inc(by) };
    },
    gauge(spec) {
      const gauge = new PromGauge(common(spec));
      return { set: (value, ...labels) => gauge.labels(labels[0] ?? {}).set(value) };
    },
    histogram(spec) {
      const histogram = new PromHistogram({ ...common(spec), buckets: [...(spec.buckets ?? SECONDS)] });
      return { observe: (value, ...labels) => histogram.labels(labels[0] ?? {}).observe(value) };
    },
    observedGauge(spec, read) {
      const gauge: PromGauge = new PromGauge({ ...common(spec), collect: () => gauge.set(read()) });
    },
    observed(spec, read) {
      if (spec.kind === 'gauge') {
        const collect = (): void => {
          gauge.reset();
          for (const { labels, value } of read()) gauge.labels(labels).set(value);
        };
        const gauge: PromGauge = new PromGauge({ ...common(spec), collect });
        return;
      }
      const collect = (): void => {
        counter.reset();
        for (const { labels, value } of read()) counter.labels(labels).inc(value);
      };
      const counter: PromCounter = new PromCounter({ ...common(spec), collect });
    },
    scrape: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
    close: () => delay.disable(),
  };

  // The scrape reads the worst stall since the last scrape, then forgets it.
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  metrics.observedGauge(
    { name: 'event_loop_delay_max_seconds', help: 'The longest stall of the event loop since the last scrape.' },
    () => {
      // Each sample holds the monitor's own interval.
      const seconds = Math.max(0, delay.max / 1e9 - RESOLUTION_MS / 1000);
      delay.reset();
      return seconds;
    },
  );
  metrics.observedGauge(
    { name: 'event_loop_utilization', help: 'The part of its life that the event loop was busy, 0 to 1.' },
    () => performance.eventLoopUtilization().utilization,
  );
  metrics.observedGauge({ name: 'resident_bytes', help: 'Memory of this process.' }, () => process.memoryUsage.rss());
  return metrics;
}
