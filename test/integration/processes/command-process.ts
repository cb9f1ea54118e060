import { commandHandler } from '../../../executor/handler/builtin/command-handler.ts';
import { givenContext } from '../../support/given-context.ts';

/** Runs a command that calls in and then sleeps, for a test that kills this process. */
const [, , callIn = ''] = process.argv;
const params = { command: 'bash', args: ['-c', `sleep 0.2; ${callIn}; sleep 600 & wait`], env: {} };
await commandHandler({ allow: [{ name: 'bash', path: '/bin/bash' }] }).run(givenContext({ params }).ctx);
