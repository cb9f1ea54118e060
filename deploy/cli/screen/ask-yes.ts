import { createInterface } from 'node:readline';

/**
 * Asks a person on the terminal. Only a clear yes is one: an empty line, any other word and the end of the input (Ctrl-D, a
 * terminal that was closed) are no. Ctrl-C is told by itself, so that the command can end as one that was stopped.
 */
export function askYes(question: string): Promise<'yes' | 'no' | 'stopped'> {
  const dialogue = createInterface({ input: process.stdin, output: process.stderr });
  return new Promise((resolve) => {
    let isAnswered = false;
    const answer = (what: 'yes' | 'no' | 'stopped', isLine: boolean): void => {
      if (isAnswered) return;
      isAnswered = true;
      // Else the cursor still stands behind the question.
      if (!isLine) process.stderr.write('\n');
      dialogue.close();
      resolve(what);
    };
    dialogue.question(question, (typed) => answer(/^y(es)?$/i.test(typed.trim()) ? 'yes' : 'no', true));
    dialogue.once('SIGINT', () => answer('stopped', false));
    dialogue.once('close', () => answer('no', false));
  });
}
