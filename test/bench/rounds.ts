/** Rounds in turn, so that what disturbs the machine disturbs all alike: im, mosquitto, im, mosquitto … */
import { nameRun, runLoadProcess } from './task.js';
import type { Figures, Target, Work } from './work.js';

/** A running system and how it is driven. */
export interface Contestant {
  readonly name: string;
  readonly pid: number;
  readonly target: Target;
  /** The rest of the load generator under which this system does best. */
  readonly restMs: number;
}

/** A started server: one contestant for each style of client. */
export interface Server {
  readonly contestants: readonly Contestant[];
  stop(): Promise<void>;
}

export type Plan = Pick<Work, 'pairs' | 'unanswered' | 'warmupMs' | 'measureMs'> & { readonly rounds: number };

/** The figures of each contestant, one for each round: those at the same place belong together. */
export async function runRounds(contestants: readonly Contestant[], plan: Plan): Promise<Map<Contestant, Figures[]>> {
  const { rounds, ...work } = plan;
  const results = new Map<Contestant, Figures[]>(contestants.map((contestant) => [contestant, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [contestant, figures] of results) {
      const { target, restMs, pid } = contestant;
      figures.push(await runLoadProcess({ ...work, target, restMs, serverPid: pid, run: nameRun() }));
    }
  }
  return results;
}
