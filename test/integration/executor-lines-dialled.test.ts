import { executorLinesSuite } from './executor-lines.suite.ts';

executorLinesSuite('dialled');
