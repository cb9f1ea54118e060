import { silentLogger as logger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import { describeSchedulerStore } from './scheduler-store.suite.ts';

describeSchedulerStore('SQLite', () => openSqlStore('sqlite::memory:', { runtime: systemRuntime(), logger }));
