import { executorLinesSuite } from './executor-lines.suite.ts';

executorLinesSuite('held');
