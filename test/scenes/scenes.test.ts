/** Plays every scene of this folder, on a store in memory and on a store in files, and then asks the oracles. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Stage } from '../harness/stage.js';
import { finish } from '../harness/stage-finale.js';
import { parseScene, playScene } from './play.js';
import { HAND_SENTENCES } from './sentences-hands.js';
import { PEOPLE_SENTENCES } from './sentences-people.js';
import { WORLD_SENTENCES } from './sentences-world.js';

const SENTENCES = [...PEOPLE_SENTENCES, ...HAND_SENTENCES, ...WORLD_SENTENCES];
const folder = join(import.meta.dirname, '../../../test/scenes');
const scenes = readdirSync(folder)
  .filter((file) => file.endsWith('.scene'))
  .map((file) => parseScene(file, readFileSync(join(folder, file), 'utf8'), SENTENCES));

for (const stores of ['memory', 'files'] as const) {
  describe(`scenes on a store in ${stores}`, () => {
    for (const scene of scenes) {
      test(`${scene.file}: ${scene.title}`, async () => {
        const base = mkdtempSync(join(tmpdir(), 'im-scene-'));
        try {
          const stage = await Stage.open({ folder: base, stores });
          await playScene(scene, stage);
          const wrong = await finish(stage);
          assert.ok(wrong.length === 0, `${scene.file}, when it was over:\n${wrong.slice(0, 20).join('\n')}`);
        } finally {
          rmSync(base, { recursive: true, force: true });
        }
      });
    }
  });
}
