/**
 * `im serve` with small limits, so that checkpoints are frequent: the same command in the same process layout.
 * `node build/test/soak/small-serve.js CHECKPOINT_BYTES [flags of im serve]`.
 */
import { join } from 'node:path';
import Serve from '../../commands/serve.js';
import { FILE_STORE } from '../../src/file-store/limits.js';

export const SMALL_SERVE = import.meta.filename;

if (process.argv[1] === import.meta.filename) {
  const [bytes, ...flags] = process.argv.slice(2);
  const checkpointBytes = Number(bytes);
  Object.assign(FILE_STORE, { checkpointBytes, maxJournalBytes: 8 * checkpointBytes });
  await Serve.run(flags, join(import.meta.dirname, '../../..'));
}
