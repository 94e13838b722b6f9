/** No acknowledged message is lost, however the process or the disk fails (R14). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CODES, runWithCrashes } from '../../harness/store-crash.js';

const RUNS = 500;

test(`in ${RUNS} random runs with power cuts, kills and full disks nothing acknowledged is lost, nothing is invented, a message and its copy are both there or none, and what is unsent was never read`, async () => {
  let cuts = 0;
  let stored = 0;
  let copied = 0;
  let unsent = 0;
  for (let seed = 0; seed < RUNS; seed++) {
    try {
      const report = await runWithCrashes(seed);
      cuts += report.cuts;
      stored += report.stored;
      copied += report.copied;
      unsent += report.unsent;
    } catch (error) {
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : error}`, { cause: error });
    }
  }
  const isEnough = cuts > RUNS / 2 && stored > RUNS * 5 && copied > RUNS && unsent > RUNS / 4;
  assert.ok(
    isEnough,
    `too little happened: ${cuts} cuts, ${stored} stored, ${copied} of them copied, ${unsent} unsent`,
  );
});

test('whichever file operation fails, with whatever code, nothing acknowledged is lost and no call hangs (storage 3, 16)', async () => {
  for (const code of CODES) {
    for (let at = 0; at < 100; at++) {
      try {
        await runWithCrashes(at % 7, { at, code });
      } catch (error) {
        throw new Error(`${code} at operation ${at}: ${error instanceof Error ? error.message : error}`, {
          cause: error,
        });
      }
    }
  }
});
