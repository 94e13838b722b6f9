/** All steps that a scene can use. */
import type { Stage } from '../harness/stage.js';
import type { Step } from './language.js';
import { CLIENT_STEPS } from './steps-clients.js';
import { ENVIRONMENT_STEPS } from './steps-environment.js';
import { RAW_STEPS } from './steps-raw.js';

export const STEPS: readonly Step<Stage>[] = [...CLIENT_STEPS, ...RAW_STEPS, ...ENVIRONMENT_STEPS];
