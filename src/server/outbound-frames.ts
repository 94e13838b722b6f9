/**
 * Buffers the frames of one turn, so that they leave in one write. Adjacent `stored` frames are merged, and so are adjacent
 * `delivered` frames, if they have the same target, or none. Pure; the order of frames is kept.
 */
import { encode, pack } from '../protocol/codec.js';
import type { ServerFrame } from '../protocol/frame-catalogue.js';
import { WIRE } from '../protocol/limits.js';

/** The last frame, as long as more ids may be merged into it. */
interface OpenFrame {
  readonly type: 'stored' | 'delivered';
  readonly to: string | undefined;
  readonly ids: string[];
  readonly duplicates: string[];
}

export class OutboundFrames {
  #texts: string[] = [];
  #open: OpenFrame | undefined;

  get isEmpty(): boolean {
    return this.#texts.length === 0 && this.#open === undefined;
  }

  add(frame: ServerFrame): void {
    if (frame.type === 'stored') this.#merge('stored', frame.to, frame.ids, frame.duplicates);
    else if (frame.type === 'delivered') this.#merge('delivered', frame.to, frame.ids, undefined);
    else this.addText(encode(frame));
  }

  /** Adds an encoded frame. */
  addText(text: string): void {
    this.#closeOpenFrame();
    this.#texts.push(text);
  }

  /** The texts to send, one WebSocket message each. Empties the buffer. */
  take(): string[] {
    this.#closeOpenFrame();
    if (this.#texts.length === 0) return [];
    const texts = pack(this.#texts);
    this.#texts = [];
    return texts;
  }

  #merge(
    type: OpenFrame['type'],
    to: string | undefined,
    ids: readonly string[],
    duplicates: readonly string[] | undefined,
  ): void {
    const last = this.#open;
    if (last?.type !== type || last.to !== to || last.ids.length + ids.length > WIRE.maxIdsPerFrame) {
      this.#closeOpenFrame();
      this.#open = { type, to, ids: [...ids], duplicates: [...(duplicates ?? [])] };
      return;
    }
    for (const id of ids) last.ids.push(id);
    if (duplicates !== undefined) last.duplicates.push(...duplicates);
  }

  #closeOpenFrame(): void {
    const last = this.#open;
    if (last === undefined) return;
    this.#open = undefined;
    const { type, to, ids, duplicates } = last;
    if (type === 'delivered') this.#texts.push(encode({ type, to: to as string, ids }));
    else this.#texts.push(encode({ type, ids, ...(duplicates.length > 0 && { duplicates }), ...(to && { to }) }));
  }
}
