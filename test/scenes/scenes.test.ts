/**
 * Plays every scene in this folder in memory, on real files, and in memory with two servers; those of a cluster with two servers only.
 * Checks the rules at its end.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fastTmpdir } from '../harness/fast-disk.js';
import { Stage } from '../harness/stage.js';
import { realDisks } from '../harness/stage-disk.js';
import { finish } from '../harness/stage-finale.js';
import { parseScene, playScene, type Scene } from './play.js';
import { STEPS } from './steps.js';

const folder = join(import.meta.dirname, '../../../test/scenes');
const scenes = readdirSync(folder)
  .filter((file) => file.endsWith('.scene'))
  .map((file) => parseScene(file, readFileSync(join(folder, file), 'utf8'), STEPS));

async function play(scene: Scene<Stage>, stage: Stage): Promise<void> {
  await playScene(scene, stage);
  const wrong = await finish(stage);
  assert.ok(wrong.length === 0, `${scene.file}, at its end:\n${wrong.slice(0, 20).join('\n')}`);
}

const forOneServer = scenes.filter(({ file }) => !file.startsWith('cluster-'));
/** Expects what different devices send at the same moment in the order of one server. Several have none. */
const notForTwo = ['copies-same-moment.scene'];
const forTwoServers = scenes.filter(({ file }) => !notForTwo.includes(file));

describe('scenes in memory', () => {
  for (const scene of forOneServer) {
    test(`${scene.file}: ${scene.title}`, async () => play(scene, await Stage.open({ stores: 'memory' })));
  }
});

describe('scenes on two servers', () => {
  for (const scene of forTwoServers) {
    test(`${scene.file}: ${scene.title}`, async () => play(scene, await Stage.open({ stores: 'memory', servers: 2 })));
  }
});

describe('scenes on real files', () => {
  for (const scene of forOneServer) {
    test(`${scene.file}: ${scene.title}`, async () => {
      const base = mkdtempSync(join(fastTmpdir(), 'im-scene-'));
      try {
        await play(scene, await Stage.open({ stores: 'files', makeDisk: realDisks(base) }));
      } finally {
        rmSync(base, { recursive: true, force: true });
      }
    });
  }
});
