/** Measures the systems in turn (im, mosquitto, im, mosquitto …), so that a disturbance of the machine affects all of them. */
import { nameRun, runLoadProcess } from './task.js';
import type { Figures, Target, Work } from './work.js';

/** A running system, and how the load generator drives it. */
export interface Contestant {
  readonly name: string;
  readonly pid: number;
  readonly target: Target;
  /** Pause of the load generator with which this system is fastest, ms. */
  readonly restMs: number;
}

/** A started server: one contestant per client style. */
export interface Server {
  readonly contestants: readonly Contestant[];
  stop(): Promise<void>;
}

export type Plan = Pick<Work, 'pairs' | 'unanswered' | 'warmupMs' | 'measureMs'> & { readonly rounds: number };

/** The figures of each contestant, by round. */
export async function runRounds(contestants: readonly Contestant[], plan: Plan): Promise<Map<Contestant, Figures[]>> {
  const { rounds, ...work } = plan;
  const results = new Map<Contestant, Figures[]>(contestants.map((contestant) => [contestant, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [contestant, figures] of results) {
      const { name, target, restMs, pid } = contestant;
      const task = { ...work, target, restMs, serverPid: pid, run: nameRun() };
      figures.push(
        await runLoadProcess(task).catch((cause: Error) => {
          throw new Error(`${name}: ${cause.message}`, { cause });
        }),
      );
    }
  }
  return results;
}
