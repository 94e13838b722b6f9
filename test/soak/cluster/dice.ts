/** Choices by chance, from one seed. */

export interface Dice {
  /** 0 ≤ number < 1 */
  readonly random: () => number;
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number;
  pick<T>(from: readonly T[]): T;
  /** True with this probability. */
  chance(probability: number): boolean;
}

export function diceOf(random: () => number): Dice {
  const between = (low: number, high: number): number => low + Math.floor(random() * (high - low + 1));
  return {
    random,
    between,
    pick: (from) => from[between(0, from.length - 1)] as (typeof from)[number],
    chance: (probability) => random() < probability,
  };
}
