import { COMMANDS, type Server } from '../support/server-names.ts';

/** Tests that were not run because this machine lacks what they need, counted by what that is. */
export type LeftOut = ReadonlyMap<Server, number>;

/** What to say about the tests that could not run, and the command that lets them; nothing when all could. */
export function describeLeftOut(leftOut: LeftOut): string[] {
  if (leftOut.size === 0) return [];
  const parts = [...leftOut].map(
    ([server, count]) => `${count} ${count === 1 ? 'test' : 'tests'} for want of ${server}`,
  );
  const commands = [...new Set([...leftOut.keys()].map((server) => COMMANDS[server]))];
  return [
    `Not run: ${parts.join(', ')}.`,
    `To run them too (servers come from the system's packages, so as root): ${commands.join('; ')}`,
  ];
}

/** The line that a run of the tests ends with, for people and for programs. */
export const lastLine = (passed: number, failed: number): string => `${passed} passed, ${failed} failed`;
