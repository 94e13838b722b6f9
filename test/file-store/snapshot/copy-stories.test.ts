/** Copies of a folder in use, made file by file: complete, or refused (see `npm run test:soak:copies` for many more). */
import { test } from 'node:test';
import { COPIERS, tellCopyStory } from '../../harness/copy-story.js';

const STORIES = 30;

for (const copier of COPIERS) {
  test(`${STORIES} random copies (${copier}) have everything that was acknowledged before, or are refused`, async (t) => {
    let started = 0;
    const first = Math.floor(Math.random() * 1e6);
    for (let seed = first; seed < first + STORIES; seed++) {
      try {
        const { isStarted } = await tellCopyStory(seed, copier);
        if (isStarted) started++;
      } catch (error) {
        throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : error}`, { cause: error });
      }
    }
    t.diagnostic(`seeds from ${first}: ${started} of ${STORIES} started`);
  });
}
