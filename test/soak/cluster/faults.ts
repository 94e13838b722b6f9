/** All faults of the soak, and which come next. */
import { DATABASE_FAULTS } from './database-faults.js';
import type { Dice } from './dice.js';
import type { Rig } from './rig.js';
import { SERVER_FAULTS } from './server-faults.js';

export interface Fault {
  readonly name: string;
  /** Two faults may happen at once if they are not of one lane. */
  readonly lane: 'database' | 'servers';
  /** How often it comes, compared with others. */
  readonly weight: number;
  /** Resolves when it is healed. */
  run(rig: Rig, dice: Dice): Promise<void>;
}

const OVERLAP = 0.3;
const OVERLAP_OF_SOME = 0.7;

/** One fault, or two at once. @param only those whose names contain this. */
export function nextFaults(dice: Dice, only: string | undefined): readonly Fault[] {
  const all = [...DATABASE_FAULTS, ...SERVER_FAULTS].filter(({ name }) => only === undefined || name.includes(only));
  if (all.length === 0) throw new Error(`no fault has ${only} in its name`);
  const first = choose(dice, all);
  if (!dice.chance(only === undefined ? OVERLAP : OVERLAP_OF_SOME)) return [first];
  return [first, choose(dice, first.lane === 'database' ? SERVER_FAULTS : DATABASE_FAULTS)];
}

function choose(dice: Dice, from: readonly Fault[]): Fault {
  let left = dice.random() * from.reduce((sum, { weight }) => sum + weight, 0);
  for (const fault of from) {
    left -= fault.weight;
    if (left < 0) return fault;
  }
  return from[0] as Fault;
}
