/** The language of scenes: steps with slots, such as `{who} sends {ids} to {user}`. Each line is exactly one step. */

/** Slot name → what it matches, and how its text becomes a value. */
const SLOTS = {
  /** A client: `bob`, or `bob's phone` when bob has several. */
  who: { shape: /[a-z]+(?:'s [a-z]+)?/, read: (text: string) => text },
  user: { shape: /[a-z]+/, read: (text: string) => text },
  /** `m1`, or `m1-m300` for each from m1 to m300. */
  ids: { shape: /[a-z]+[0-9]+(?:-[a-z]+[0-9]+)?/, read: readIds },
  text: { shape: /"(?:[^"\\]|\\.)*"/, read: (text: string) => JSON.parse(text) as string },
  count: { shape: /[0-9][0-9,]*/, read: (text: string) => Number(text.replaceAll(',', '')) },
  /** In ms. */
  time: { shape: /[0-9]+ (?:ms|s|min|h)/, read: readTime },
  json: { shape: /[[{].*[\]}]/, read: (text: string) => JSON.parse(text) as object },
  word: { shape: /[a-z0-9-]+/, read: (text: string) => text },
} as const;

type SlotName = keyof typeof SLOTS;
type SlotValue<N extends SlotName> = ReturnType<(typeof SLOTS)[N]['read']>;

/** The values of a pattern's slots, in order. */
export type SlotValues<P extends string> = P extends `${string}{${infer N extends SlotName}}${infer Rest}`
  ? [SlotValue<N>, ...SlotValues<Rest>]
  : [];

/** `act` changes something; `expect` fails when its condition does not hold. A scene needs at least one `expect`. */
export type Kind = 'act' | 'expect';

export interface Step<W> {
  readonly kind: Kind;
  readonly pattern: string;
  /** The step bound to the values in the line; undefined when the line does not match the pattern. */
  readonly match: (line: string) => ((world: W) => void | Promise<void>) | undefined;
}

const SLOT = /\{([a-z]+)\}/g;

/** Defines steps of one kind. `run` gets the world and the values of the slots, in order. */
export const step =
  <W>(kind: Kind) =>
  <const P extends string>(pattern: P, run: (world: W, ...values: SlotValues<P>) => void | Promise<void>): Step<W> => {
    const slots = [...pattern.matchAll(SLOT)].map(([, name]) => SLOTS[name as SlotName]);
    let slot = 0;
    const shape = new RegExp(`^${pattern.replace(SLOT, () => `(${slots[slot++]?.shape.source})`)}$`);
    return {
      kind,
      pattern,
      match(line) {
        const found = shape.exec(line);
        if (found === null) return undefined;
        const values = slots.map(({ read }, index) => read(found[index + 1] as string)) as SlotValues<P>;
        return (world) => run(world, ...values);
      },
    };
  };

function readIds(text: string): string[] {
  const [first = '', last = first] = text.split('-');
  const [, letters = '', from = ''] = /^([a-z]+)([0-9]+)$/.exec(first) ?? [];
  const to = Number(last.slice(letters.length));
  if (!last.startsWith(letters) || !(to >= Number(from))) throw new Error(`${text} is not a range of messages`);
  return Array.from({ length: to - Number(from) + 1 }, (_, index) => `${letters}${Number(from) + index}`);
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000 };

function readTime(text: string): number {
  const [amount, unit = ''] = text.split(' ');
  return Number(amount) * (UNITS[unit] as number);
}
