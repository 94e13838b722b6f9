/** Nothing that was acknowledged is lost, however a store's lives end (R14). */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CODES, liveAndCrash } from '../harness/store-crash.js';

const STORIES = 500;

test(`in ${STORIES} stories of power cuts, kills and full disks nothing acknowledged is lost, and nothing is invented`, async () => {
  let cuts = 0;
  let stored = 0;
  for (let seed = 0; seed < STORIES; seed++) {
    try {
      const report = await liveAndCrash(seed);
      cuts += report.cuts;
      stored += report.stored;
    } catch (error) {
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : error}`, { cause: error });
    }
  }
  assert.ok(cuts > STORIES / 2 && stored > STORIES * 5, `too little happened: ${cuts} cuts, ${stored} stored`);
});

test('whichever operation fails, and however, nothing acknowledged is lost and nothing waits for ever (storage 3, 16)', async () => {
  for (const code of CODES) {
    for (let at = 0; at < 100; at++) {
      try {
        await liveAndCrash(at % 7, { at, code });
      } catch (error) {
        throw new Error(`${code} at operation ${at}: ${error instanceof Error ? error.message : error}`, {
          cause: error,
        });
      }
    }
  }
});
