/** Groups message ids by user, for frames with a list of ids. Pure. */
import { WIRE } from './limits.js';

/**
 * Calls `toFrame` with the ids of each user, in the order of the items; more than once if they do not fit into one
 * frame. Returns the results in the order in which the users first occur.
 */
export function groupIds<T extends { readonly id: string }, F>(
  items: Iterable<T>,
  userOf: (item: T) => string,
  toFrame: (user: string, ids: readonly string[]) => F,
): F[] {
  const idsByUser = new Map<string, string[]>();
  for (const item of items) {
    const user = userOf(item);
    const ids = idsByUser.get(user);
    if (ids === undefined) idsByUser.set(user, [item.id]);
    else ids.push(item.id);
  }
  const { maxIdsPerFrame } = WIRE;
  const frames: F[] = [];
  for (const [user, ids] of idsByUser) {
    for (let first = 0; first < ids.length; first += maxIdsPerFrame) {
      frames.push(toFrame(user, ids.length <= maxIdsPerFrame ? ids : ids.slice(first, first + maxIdsPerFrame)));
    }
  }
  return frames;
}
