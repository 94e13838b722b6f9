/** How long things took, in ms, against the goals. */

/** In ms; undefined: there is none. */
export const GOALS = {
  'a killed server’s clients are back': 5_000,
  'a killed server’s clients are back, while the database fails': undefined,
  'first `stored` after promotion': 15_000,
  '`stored` for all senders after promotion': undefined,
  'takeover across servers': 1_000,
  'takeover while something fails': undefined,
  'takeover while notices are lost': 30_000,
  'all clients send again after everything was healed': undefined,
} as const;

export type TimeName = keyof typeof GOALS;

export class Times {
  readonly #noted = new Map<TimeName, number[]>();

  note(what: TimeName, ms: number): void {
    const noted = this.#noted.get(what);
    if (noted === undefined) this.#noted.set(what, [ms]);
    else noted.push(ms);
  }

  /** One line for each, with the goal. */
  get lines(): readonly string[] {
    return (Object.keys(GOALS) as TimeName[]).flatMap((what) => {
      const ms = this.#noted.get(what)?.toSorted((a, b) => a - b);
      if (ms === undefined) return [];
      const goal = GOALS[what];
      const seconds = (share: number): string =>
        `${((ms[Math.floor((ms.length - 1) * share)] as number) / 1_000).toFixed(2)} s`;
      const late = goal === undefined ? 0 : ms.filter((one) => one > goal).length;
      const against = goal === undefined ? '' : `; goal ${goal / 1_000} s, later ${late}`;
      return [
        `${what}: ${ms.length} times, median ${seconds(0.5)}, p95 ${seconds(0.95)}, slowest ${seconds(1)}${against}`,
      ];
    });
  }
}
