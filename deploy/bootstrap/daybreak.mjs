#!/usr/bin/env node
// The command `daybreak`, in a clone and in a published package alike.
import { start } from './start.mjs';

// Whoever works chunks makes and drops millions of small objects. V8 answers that by growing the room for young ones to
// 64 MB, which makes nothing faster: with 8 MB a night of 200,000 plans peaked at 275 MB, without at 422, in the same
// processor time. What NODE_OPTIONS says of it goes before.
const CHUNK_FLAGS = ['--max-semi-space-size=8'];
const WORKS_CHUNKS = ['night', 'executor'];

const args = process.argv.slice(2);
await start({
  name: 'daybreak',
  entry: 'deploy/cli/main',
  args,
  nodeFlags: WORKS_CHUNKS.includes(args[0]) ? CHUNK_FLAGS : [],
});
