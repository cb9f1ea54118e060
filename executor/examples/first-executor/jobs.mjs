/** @type {import('daybreak/scheduler').JobDefinition[]} */
export const jobs = [
  {
    id: 1,
    name: 'greet',
    handler: 'greet',
    group: 'my-app',
    route: 'SHARDING_BROADCAST',
    param: 'good morning',
    block: 'DISCARD_LATER',
    schedule: { kind: 'fixed_rate', everyMs: 10_000 },
  },
];
