/** Pages of answers: as much as fits into a frame. Pure. */
import { utf8Bytes } from '../protocol/fields.js';
import { QUEUE } from '../protocol/limits.js';

/** As many items as fit into a frame, at least one. Counts bytes of JSON: one byte of a body may need six. */
export function fitting<T>(items: readonly T[]): readonly T[] {
  let bytes = 0;
  let count = 0;
  for (const item of items) {
    bytes += utf8Bytes(JSON.stringify(item));
    if (bytes > QUEUE.maxBytesPerFrame && count > 0) break;
    count++;
  }
  return items.slice(0, count);
}
