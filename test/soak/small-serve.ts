/**
 * `im serve` with small limits, so that checkpoints are frequent.
 * `node build/test/soak/small-serve.js CHECKPOINT_BYTES [flags of im serve]`.
 */
import { join } from 'node:path';
import Serve from '../../commands/serve.js';
import { exitCode } from '../../src/cli/errors/exit-codes.js';
import { Failure } from '../../src/cli/errors/failure.js';
import { FILE_STORE } from '../../src/file-store/limits.js';

export const SMALL_SERVE = import.meta.filename;

if (process.argv[1] === import.meta.filename) {
  const [bytes, ...flags] = process.argv.slice(2);
  const checkpointBytes = Number(bytes);
  Object.assign(FILE_STORE, {
    checkpointBytes,
    segmentBytes: checkpointBytes,
    mailboxesPerCheckpoint: 4,
    maxJournalBytes: 8 * checkpointBytes,
    recordBytes: 0,
  });
  try {
    await Serve.run(flags, join(import.meta.dirname, '../../..'));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    console.error(`im: ${error.message}`);
    process.exitCode = exitCode(error.exit);
  }
}
