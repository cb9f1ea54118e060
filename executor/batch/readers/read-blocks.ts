import type { FileHandle } from 'node:fs/promises';

/** Large enough for few system calls, small enough that hashing one does not hold the event loop. */
export const BLOCK_BYTES = 256 * 1024;

/**
 * A file's bytes from an offset to its end, in fresh blocks (the consumer may keep them). The next block is read
 * while this one is worked on.
 */
export async function* readBlocks(file: FileHandle, fromOffset = 0): AsyncGenerator<Buffer, void, undefined> {
  let offset = fromOffset;
  let next = readBlock(file, offset);
  try {
    while (true) {
      const read = await next;
      if ('error' in read) throw read.error;
      if (read.block.length === 0) return;
      offset += read.block.length;
      next = readBlock(file, offset);
      yield read.block;
    }
  } finally {
    // The consumer may stop in the middle; the file is not closed under a read.
    await next;
  }
}

/** Never rejects: the failure is met when the block's turn comes. */
async function readBlock(file: FileHandle, offset: number): Promise<{ block: Buffer } | { error: unknown }> {
  try {
    const buffer = Buffer.allocUnsafeSlow(BLOCK_BYTES);
    const { bytesRead } = await file.read(buffer, 0, BLOCK_BYTES, offset);
    return { block: buffer.subarray(0, bytesRead) };
  } catch (error) {
    return { error };
  }
}
