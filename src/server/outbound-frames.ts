/**
 * What leaves in this turn: frames gather here and go out as one write. Neighbouring `stored` and `delivered` frames become one.
 * Pure; the order of frames is kept.
 */

import { encode, pack } from '../protocol/codec.js';
import type { ServerFrame } from '../protocol/frame-catalogue.js';
import { WIRE } from '../protocol/limits.js';

/** Ids that still grow into one frame: the last thing that was added. */
interface Growing {
  readonly type: 'stored' | 'delivered';
  readonly to: string | undefined;
  readonly ids: string[];
  readonly duplicates: string[];
}

export class OutboundFrames {
  #texts: string[] = [];
  #growing: Growing | undefined;

  get isEmpty(): boolean {
    return this.#texts.length === 0 && this.#growing === undefined;
  }

  add(frame: ServerFrame): void {
    if (frame.type === 'stored') this.#grow('stored', undefined, frame.ids, frame.duplicates);
    else if (frame.type === 'delivered') this.#grow('delivered', frame.to, frame.ids, undefined);
    else {
      this.#settle();
      this.#texts.push(encode(frame));
    }
  }

  /** The texts to send, one WebSocket message each; empties this. */
  take(): string[] {
    this.#settle();
    if (this.#texts.length === 0) return [];
    const texts = pack(this.#texts);
    this.#texts = [];
    return texts;
  }

  #grow(
    type: Growing['type'],
    to: string | undefined,
    ids: readonly string[],
    duplicates: readonly string[] | undefined,
  ): void {
    const last = this.#growing;
    if (last?.type !== type || last.to !== to || last.ids.length + ids.length > WIRE.maxIdsPerFrame) {
      this.#settle();
      this.#growing = { type, to, ids: [...ids], duplicates: [...(duplicates ?? [])] };
      return;
    }
    for (const id of ids) last.ids.push(id);
    if (duplicates !== undefined) last.duplicates.push(...duplicates);
  }

  #settle(): void {
    const last = this.#growing;
    if (last === undefined) return;
    this.#growing = undefined;
    const { ids, duplicates } = last;
    if (last.type === 'delivered') this.#texts.push(encode({ type: 'delivered', to: last.to as string, ids }));
    else
      this.#texts.push(encode(duplicates.length > 0 ? { type: 'stored', ids, duplicates } : { type: 'stored', ids }));
  }
}
