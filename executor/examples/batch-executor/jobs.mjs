/** @type {import('daybreak/scheduler').JobDefinition[]} */
export const jobs = [
  {
    id: 1,
    name: 'compute-fees',
    handler: 'compute-fees',
    group: 'billing',
    route: 'SHARDING_BROADCAST',
    shardTotal: 4, // as many shards whatever the number of executors
    param: './orders.csv',
    sliced: true, // its checkpoint lets it go on elsewhere when its executor is lost
    retry: { count: 3 },
  },
];
