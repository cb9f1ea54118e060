import { Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

const LINE_CHARS_MAX = 16_384;
/** So many characters are handed on before the log's own writing is waited for. */
const UNFLUSHED_CHARS_MAX = 65_536;

/**
 * Cuts a stream of bytes into lines. A character that lies across two chunks stays whole, a line break may be LF or
 * CRLF, and a source that never breaks its lines still needs only bounded memory.
 */
export function createLogStream(line: (text: string) => void, flushed?: () => Promise<void>): Writable {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let unflushed = 0;

  function take(text: string): void {
    unflushed += text.length;
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const whole of lines) cutToFit(whole.endsWith('\r') ? whole.slice(0, -1) : whole);
    while (rest.length > LINE_CHARS_MAX) rest = cutOff(rest);
  }

  function cutToFit(whole: string): void {
    let left = whole;
    while (left.length > LINE_CHARS_MAX) left = cutOff(left);
    line(left);
  }

  function cutOff(long: string): string {
    // Never between the two halves of one character.
    const splits = /[\ud800-\udbff]/.test(long[LINE_CHARS_MAX - 1] ?? '');
    const end = splits ? LINE_CHARS_MAX - 1 : LINE_CHARS_MAX;
    line(long.slice(0, end));
    return long.slice(end);
  }

  /** The source goes on only when the log has taken what it has: a child that floods is held back by its pipe. */
  function whenTaken(done: (error?: Error) => void): void {
    if (flushed === undefined || unflushed < UNFLUSHED_CHARS_MAX) {
      done();
    } else {
      unflushed = 0;
      flushed().then(() => done(), done);
    }
  }

  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      take(decoder.write(chunk));
      whenTaken(done);
    },
    final(done) {
      take(decoder.end());
      if (rest !== '') cutToFit(rest.endsWith('\r') ? rest.slice(0, -1) : rest);
      done();
    },
  });
}
