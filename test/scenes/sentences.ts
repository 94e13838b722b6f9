/** Everything that a scene can say. */
import type { Stage } from '../harness/stage.js';
import type { Sentence } from './language.js';
import { HAND_SENTENCES } from './sentences-hands.js';
import { PEOPLE_SENTENCES } from './sentences-people.js';
import { WORLD_SENTENCES } from './sentences-world.js';

export const SENTENCES: readonly Sentence<Stage>[] = [...PEOPLE_SENTENCES, ...HAND_SENTENCES, ...WORLD_SENTENCES];
