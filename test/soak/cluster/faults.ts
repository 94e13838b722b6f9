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

/** One fault, or two at once. */
export function nextFaults(dice: Dice): readonly Fault[] {
  const first = choose(dice, [...DATABASE_FAULTS, ...SERVER_FAULTS]);
  if (!dice.chance(OVERLAP)) return [first];
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
