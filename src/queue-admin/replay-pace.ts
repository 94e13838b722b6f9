/** When things are due that must not all happen at once. Pure. */

/** ms after the beginning at which the item with this index (from 0) is due. */
export type Pace = (index: number, item: { readonly at: number }) => number;

export const AT_ONCE: Pace = () => 0;

/** So many a second. */
export const atRate =
  (perSecond: number): Pace =>
  (index) =>
    (index * 1000) / perSecond;

/** With the pauses between the times of the items, `speed` times as fast; what goes back in time waits for nothing. */
export function asRecorded(speed: number): Pace {
  let before: number | undefined;
  let due = 0;
  return (_, { at }) => {
    due += Math.max(0, at - (before ?? at)) / speed;
    before = at;
    return due;
  };
}
