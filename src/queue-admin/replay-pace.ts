/** The pace of a replay: when each message is due. Pure. */

/** ms after the start at which the item with this index (from 0) is due. */
export type Pace = (index: number, item: { readonly at: number }) => number;

export const AT_ONCE: Pace = () => 0;

/** So many items per second. */
export const atRate =
  (perSecond: number): Pace =>
  (index) =>
    (index * 1000) / perSecond;

/** With the original pauses between the items, divided by `speed`. A step back in time is no pause. */
export function asRecorded(speed: number): Pace {
  let before: number | undefined;
  let due = 0;
  return (_, { at }) => {
    due += Math.max(0, at - (before ?? at)) / speed;
    before = at;
    return due;
  };
}
