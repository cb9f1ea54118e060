import { styleText } from 'node:util';

/** Where the command writes. With --json, or when standard output is no terminal, the last line there is a document. */
export interface Terminal {
  /** What the user reads: standard output, or standard error with --json. */
  say(line: string): void;
  /** Warnings and errors: always standard error. */
  warn(line: string): void;
  /** The document itself: always standard output. */
  document(text: string): void;
  /** Shows these lines in place of the ones it showed before; below what was said since then. Only on a live terminal. */
  redraw(lines: readonly string[]): void;
  /** A person watches: bars are redrawn in place. */
  readonly live: boolean;
  columns(): number;
  style(format: Style, text: string): string;
}

export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'cyan';

type Stream = Pick<NodeJS.WriteStream, 'write' | 'on' | 'isTTY' | 'columns'>;

/** Standard output and standard error, by default those of this process. */
export function processTerminal(options: { json: boolean; stdout?: Stream; stderr?: Stream }): Terminal {
  const { stdout = process.stdout, stderr = process.stderr } = options;
  const said = options.json ? stderr : stdout;
  // A reader that went away (`daybreak night | head`) ends what is shown, never the night.
  const closed = new Set<Stream>();
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      closed.add(stream);
      if (error.code !== 'EPIPE' && stream !== stderr) stderr.write(`output stopped: ${error.message}\n`);
    });
  }
  /** Lines of the last redraw that stand right above the cursor. */
  let drawn = 0;
  const write = (stream: Stream, text: string): void => {
    drawn = 0;
    if (!closed.has(stream)) stream.write(text);
  };
  return {
    live: !options.json && stdout.isTTY === true && process.env.TERM !== 'dumb',
    say: (line) => write(said, `${line}\n`),
    warn: (line) => write(stderr, `${line}\n`),
    document: (text) => write(stdout, `${text}\n`),
    redraw: (lines) => {
      // Up to the first of our lines, then each line anew with the rest of it erased.
      const up = drawn > 0 ? `\u001b[${drawn}A` : '';
      write(stdout, `${up}${lines.map((line) => `\r${line}\u001b[K\n`).join('')}\u001b[J`);
      drawn = lines.length;
    },
    columns: () => Math.max(40, stdout.columns || 80),
    // styleText looks at the stream and at NO_COLOR, so a file or a pipe gets plain text.
    style: (format, text) => styleText(format, text, { stream: said as NodeJS.WriteStream, validateStream: true }),
  };
}
