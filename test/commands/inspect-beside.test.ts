/** A short run of the soak test of this name: reads the queues of a server that is stopped and killed under load (R19, storage 12). */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { seededRandom } from '../harness/seeded-random.js';
import { inspectBeside } from '../soak/inspect-beside.js';

const hasStrace = spawnSync('strace', ['-V']).status === 0;

test('inspect-queue shows only states that existed, and changes nothing', async (t) => {
  const seed = randomInt(1_000_000);
  t.diagnostic(`seed ${seed}${hasStrace ? '' : '; without strace'}`);
  const options = { runs: 5, rate: 80, padding: 5_000, random: seededRandom(seed), traced: hasStrace };
  const { messages, kills, wrong } = await inspectBeside(options);
  t.diagnostic(`${messages} messages, ${kills} ends of the server`);
  assert.deepEqual(wrong, []);
});
